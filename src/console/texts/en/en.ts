import { enApp } from './app.ts'
import { enConfirmations } from './confirmations.ts'
import { enLists } from './lists.ts'
import { enMessages } from './messages.ts'

/** English, and the texts that other languages must have. */
export const en = { ...enLists, ...enApp, ...enConfirmations, ...enMessages }
