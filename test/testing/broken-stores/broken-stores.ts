import { brokenBreaks, hangingBreaks } from './broken-breaks.ts'
import { brokenCloses, hangingCloses } from './broken-closes.ts'
import { brokenConditions } from './broken-conditions.ts'
import { brokenExpiries } from './broken-expiries.ts'
import { brokenFields } from './broken-fields.ts'
import { brokenGets } from './broken-gets.ts'
import { brokenInserts } from './broken-inserts.ts'
import { brokenLists } from './broken-lists.ts'
import { brokenNames } from './broken-names.ts'
import { brokenNodes, stoppedClocks } from './broken-nodes.ts'
import { brokenProcesses } from './broken-processes.ts'
import { brokenRaces } from './broken-races.ts'
import { brokenReadsOfATick } from './broken-reads-of-a-tick.ts'
import { brokenReplaces } from './broken-replaces.ts'
import { brokenSizes } from './broken-sizes.ts'
import type { BrokenStore } from './broken-store.ts'
import { brokenSweeps } from './broken-sweeps.ts'
import { brokenValues } from './broken-values.ts'
import { brokenWatches } from './broken-watches.ts'
import { brokenWritesOfATick } from './broken-writes-of-a-tick.ts'

/** Every broken store whose defect is found without waiting. */
export const brokenStores: readonly BrokenStore[] = [
  ...brokenGets,
  ...brokenReadsOfATick,
  ...brokenFields,
  ...brokenNames,
  ...brokenSizes,
  ...brokenValues,
  ...brokenInserts,
  ...brokenWritesOfATick,
  ...brokenConditions,
  ...brokenReplaces,
  ...brokenLists,
  ...brokenExpiries,
  ...brokenNodes,
  ...brokenRaces,
  ...brokenSweeps,
  ...brokenCloses,
  ...brokenBreaks,
]

/** Those that are found by waiting for something that does not come. */
export const hangingStores: readonly BrokenStore[] = [
  ...brokenWatches,
  ...stoppedClocks,
  ...hangingCloses,
  ...hangingBreaks,
]

export { brokenProcesses }
