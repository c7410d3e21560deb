import { computed, effect, signal } from '@preact/signals'
import { isFile, tree } from './trace/opened'

/** The key of the marked row of the list: the one with the keyboard focus, or the open one. */
export const current = signal('')

const openId = computed(() => (tree.value && !isFile() ? tree.value.detail.trace.id : ''))

effect(() => {
  if (openId.value) current.value = openId.value
})
