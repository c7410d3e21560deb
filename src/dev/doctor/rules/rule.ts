import type { Line } from '../line'
import type { Logger } from '../loggers'
import type { Place } from '../project/place'
import type { Project } from '../project/project'
import type { Run } from '../run/run'
import type { Count, Seen } from '../seen'

/** One cause for which lines are not linked to their trace: its text, and how it is found. */
export interface Rule {
  /** Stable: programs and baselines keep it. */
  readonly code: string
  /** A short sentence that says what was found. */
  readonly title: string
  /** Why Datadog does not link such a line. */
  readonly why: string
  /** A line, or a piece of configuration, that has it. */
  readonly looks: string
  /** What to change, as code. */
  readonly fix: Fix
  /** Where it was reported or documented. */
  readonly sources: readonly string[]
  /** Finds it in one line: the words to mark, or `''` where no words can be marked. */
  readonly line?: (line: Line) => string | undefined
  /** Finds it when all lines have been read. */
  readonly lines?: (seen: Seen) => Count | undefined
  /** Finds it in what a running application sent and wrote. */
  readonly run?: (run: Run) => Count | undefined
  /** Finds it in source and configuration. */
  readonly project?: (project: Project) => readonly Place[]
}

/** One text for all, or one per logger beside it. */
type Fix = { readonly any: string } & Readonly<Partial<Record<Logger, string>>>
