import type { Finding } from '../api'

/** Why Datadog would not link a line: codes of the doctor's rules. The one place where the panel asks the doctor. */
export function whyUnlinked(_raw: string): readonly string[] {
  return []
}

/** What the doctor has found in all lines so far. */
export function findings(): readonly Finding[] {
  return []
}
