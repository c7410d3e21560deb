const paths = {
  search: 'M9.3 9.3l3.2 3.2M10.2 6.2a4 4 0 1 1-8 0a4 4 0 0 1 8 0z',
  close: 'M3 3l8 8M11 3l-8 8',
  pause: 'M5 3v8M9 3v8',
  play: 'M4.5 2.8v8.4l6.5-4.2z',
  clear: 'M11.8 7a4.8 4.8 0 1 1-9.6 0a4.8 4.8 0 0 1 9.6 0zM3.7 10.3l6.6-6.6',
  copy: 'M5 5h6.5v6.5H5zM9 2.5H2.5V9',
  plus: 'M7 3v8M3 7h8',
  minus: 'M3 7h8',
  up: 'M7 11.5v-9M3.5 6 7 2.5 10.5 6',
  wide: 'M8 2.5h3.5V6M6 11.5H2.5V8M11.5 2.5 8 6M2.5 11.5 6 8',
  save: 'M7 2v7M4 6.3 7 9.3l3-3M2.5 12h9',
  back: 'M8.5 3l-4 4 4 4',
  warn: 'M7 2 1.8 11.5h10.4zM7 5.8v2.6M7 10v.1',
  done: 'M3 7.5l2.7 2.7L11 4.5',
  open: 'M4 5.5l3 3 3-3',
  closed: 'M5.5 4l3 3-3 3',
  link: 'M6 8a2.4 2.4 0 0 0 3.4 0l1.8-1.8a2.4 2.4 0 0 0-3.4-3.4l-.7.7M8 6a2.4 2.4 0 0 0-3.4 0L2.8 7.8a2.4 2.4 0 0 0 3.4 3.4l.7-.7',
  wait: 'M11.5 7a4.5 4.5 0 1 1-9 0a4.5 4.5 0 0 1 9 0z',
  theme: 'M11.8 7a4.8 4.8 0 1 1-9.6 0a4.8 4.8 0 0 1 9.6 0z',
}

export function Icon({ name }: { name: keyof typeof paths }) {
  return (
    <svg viewBox="0 0 14 14" class="icon" aria-hidden="true">
      <path d={paths[name]} stroke-dasharray={name === 'wait' ? '2 2.2' : undefined} />
      {name === 'theme' && <path d="M7 2.2a4.8 4.8 0 0 1 0 9.6z" class="filled" />}
    </svg>
  )
}
