import { computed, signal } from '@preact/signals'
import { route } from './route'
import { tree } from './trace/opened'

/** The row that the keyboard stands on. */
export const chosenRow = signal('')

/** The row of the list that is marked. */
export const current = computed(() => (route.value.trace && tree.value ? tree.value.detail.trace.id : chosenRow.value))
