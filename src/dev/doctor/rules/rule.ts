import type { Line } from '../line'
import type { Logger } from '../loggers'
import type { Place } from '../project/place'
import type { Project } from '../project/project'
import type { Run } from '../run/run'
import type { Count, Seen } from '../seen'

/** One cause for which lines are not linked to their trace: its texts, and the functions that find it. */
export interface Rule {
  /** Never change it: programs and baselines keep it. */
  readonly code: string
  /** The finding, in one short sentence. */
  readonly title: string
  /** Why Datadog does not link such a line. */
  readonly why: string
  /** An example: a line, or a piece of configuration. */
  readonly looks: string
  /** The change, as code. */
  readonly fix: Fix
  /** The pages where it was reported or documented. */
  readonly sources: readonly string[]
  /** Finds it in one line: the words to mark, or `''` where no words can be marked. */
  readonly line?: (line: Line) => string | undefined
  /** Finds it when all lines have been read. */
  readonly lines?: (seen: Seen) => Count | undefined
  /** Finds it in the lines and traces of a running application. */
  readonly run?: (run: Run) => Count | undefined
  /** Finds it in source and configuration. */
  readonly project?: (project: Project) => readonly Place[]
}

/** One text for all loggers, and perhaps others for single loggers. */
type Fix = { readonly any: string } & Readonly<Partial<Record<Logger, string>>>
