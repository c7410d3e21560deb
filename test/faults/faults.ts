import { applicationFaults } from './application-faults'
import { connectionFaults } from './connection-faults'
import type { Fault } from './fault'
import { hostileInput } from './hostile-input'
import { http2Faults } from './http2-faults'
import { optionFaults } from './option-faults'

/** All faults of a request. The key is a sentence that says what happens with spanlog. */
export const faults: { readonly [title: string]: Fault } = {
  ...connectionFaults,
  ...http2Faults,
  ...applicationFaults,
  ...optionFaults,
  ...hostileInput,
}
