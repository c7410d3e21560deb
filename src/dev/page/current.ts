import { computed, effect, signal } from '@preact/signals'
import { isFile, tree } from './trace/opened'

/** Key of the row of the list that is marked: where the keyboard stands, or what is open. */
export const current = signal('')

const openId = computed(() => (tree.value && !isFile() ? tree.value.detail.trace.id : ''))

effect(() => {
  if (openId.value) current.value = openId.value
})
