import { signal } from '@preact/signals'
import { say } from './say'
import { openFile } from './trace/opened'
import { readSaved } from './trace/share'

/** Whether a file is being dragged over the page. */
export const isOver = signal(false)

/** Opens a saved trace that is dropped on the page. */
export function listenToFiles(): void {
  document.addEventListener('dragover', event => {
    if (!event.dataTransfer?.types.includes('Files')) return
    event.preventDefault()
    isOver.value = true
  })
  document.addEventListener('dragleave', event => {
    if (!event.relatedTarget) isOver.value = false
  })
  document.addEventListener('drop', event => {
    event.preventDefault()
    isOver.value = false
    const file = event.dataTransfer?.files[0]
    if (file) void read(file)
  })
}

export async function read(file: File): Promise<void> {
  try {
    openFile(readSaved(await file.text()), file.name)
  } catch {
    say(`${file.name} is not a trace saved by spanlog`)
  }
}
