import type { Command } from '../command.ts'
import { APP_COMMANDS } from './apps.ts'
import { doctor } from './doctor.ts'
import { erase } from './erase.ts'
import { exportApps } from './export.ts'
import { importApps } from './import.ts'
import { withdrawInstall } from './installs.ts'
import { reportLeak } from './report-leak.ts'
import { revokeTokens } from './tokens.ts'

/** Every command, in the order of the help. */
export const COMMANDS: readonly Command[] = [
  doctor,
  ...APP_COMMANDS,
  revokeTokens,
  withdrawInstall,
  reportLeak,
  exportApps,
  importApps,
  erase,
]
