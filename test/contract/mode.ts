/** How the process of a contract test is set up. */
export interface Mode {
  /** A folder of test/frameworks. */
  readonly set: 'express4-koa2' | 'express5-koa3'
  /** dd-trace's integrations. */
  readonly integrations: boolean
  /** dd-trace's log injection. */
  readonly injection: boolean
}

const onOff = [true, false]

/** Every combination on the newest majors; on the ones before, all on and all off. */
export const modes: Mode[] = [
  ...onOff.flatMap(integrations =>
    onOff.map(injection => ({ set: 'express5-koa3' as const, integrations, injection })),
  ),
  ...onOff.map(on => ({ set: 'express4-koa2' as const, integrations: on, injection: on })),
]
