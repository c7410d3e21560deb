import { signal } from '@preact/signals'

/** The time of day, as it goes on. */
export const now = signal(Date.now())

setInterval(() => {
  if (!document.hidden) now.value = Date.now()
}, 5000)
