/** How the process of a contract test is set up. */
export interface Mode {
  /** A folder of test/frameworks. */
  readonly set: 'express4-koa2' | 'express5-koa3'
  /** dd-trace's integrations. */
  readonly integrations: boolean
  /** dd-trace's log injection. */
  readonly injection: boolean
}

const sets = ['express4-koa2', 'express5-koa3'] as const
const onOff = [true, false]

export const modes: Mode[] = sets.flatMap(set =>
  onOff.flatMap(integrations => onOff.map(injection => ({ set, integrations, injection }))),
)
