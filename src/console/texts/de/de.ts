import type { Texts } from '../texts.ts'
import { deApp } from './app.ts'
import { deConfirmations } from './confirmations.ts'
import { deLists } from './lists.ts'
import { deMessages } from './messages.ts'

/** German. */
export const de = { ...deLists, ...deApp, ...deConfirmations, ...deMessages } satisfies Texts
