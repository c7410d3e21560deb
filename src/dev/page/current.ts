import { computed, signal } from '@preact/signals'
import { route } from './route'
import { tree } from './trace/opened'

/** The row that the keyboard stands on, where no trace is open. */
export const chosenRow = signal('')

/** The row of the list that is marked. */
export const current = computed(() => (route.value.trace ? (tree.value?.detail.trace.id ?? route.value.trace) : chosenRow.value))
