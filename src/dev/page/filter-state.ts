import { computed, signal } from '@preact/signals'
import { addTerm, matchesLine, matchesTrace, parseFilter, type Term } from '../filter'
import { allLines, allTraces, type Entry, entryOf } from './store'

/** The filter that has been set, as text. `typing` is the text that is being typed. */
export const filterText = signal('')
export const typing = signal('')

export const terms = computed<readonly Term[]>(() => parseFilter(filterText.value).terms)
const filter = computed(() => parseFilter(`${filterText.value} ${typing.value}`.trim()))
export const isFiltered = computed(() => filter.value.terms.length > 0)

/** The requests that match the filter. */
export const wantedTraces = computed<readonly Entry[]>(() => {
  if (!isFiltered.value) return allTraces.value
  const wanted = filter.value
  return allTraces.value.filter(({ row }) => matchesTrace(wanted, row))
})

/** The lines that match the filter. */
export const wantedLines = computed(() => {
  if (!isFiltered.value) return allLines.value
  const wanted = filter.value
  return allLines.value.filter(line => matchesLine(wanted, line, entryOf(line.traceId)?.row))
})

export function only(key: string, value: string): void {
  filterText.value = addTerm(filterText.value, key, value, false)
}

export function without(key: string, value: string): void {
  filterText.value = addTerm(filterText.value, key, value, true)
}

export function removeTerm(at: number): void {
  filterText.value = terms.value
    .filter((_, index) => index !== at)
    .map(({ text }) => text)
    .join(' ')
}

/** Makes the typed text a part of the filter. */
export function setTyped(): void {
  filterText.value = `${filterText.value} ${typing.value}`.trim()
  typing.value = ''
}

export function clearFilter(): void {
  filterText.value = ''
  typing.value = ''
}
