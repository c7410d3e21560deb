import { signal } from '@preact/signals'

/** The current time, in milliseconds since 1970. It is updated while the page is open. */
export const now = signal(Date.now())

setInterval(() => {
  if (!document.hidden) now.value = Date.now()
}, 5000)
