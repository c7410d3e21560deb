import { signal } from '@preact/signals'

/** A short text about the last action, for the foot of the page and for screen readers. */
export const said = signal('')

let timer: ReturnType<typeof setTimeout> | undefined

export function say(text: string): void {
  said.value = text
  clearTimeout(timer)
  timer = setTimeout(() => {
    said.value = ''
  }, 4000)
}

export async function copy(text: string, what: string): Promise<void> {
  try {
    await navigator.clipboard.writeText(text)
    say(`Copied ${what}`)
  } catch {
    say('The browser did not allow to copy')
  }
}

export function save(text: string, name: string): void {
  const link = document.createElement('a')
  link.href = URL.createObjectURL(new Blob([text], { type: 'application/json' }))
  link.download = name
  link.click()
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000)
  say(`Saved ${name}`)
}
