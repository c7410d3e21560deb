/** How a process of the parity test is set up. */
export interface Mode {
  /** A folder of test/frameworks. */
  readonly set: string
  readonly by: 'dd-trace' | 'spanlog'
  /** Whether options are compared too. */
  readonly options?: boolean
}
