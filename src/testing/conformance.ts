import { breakCases } from './cases/break-cases.ts'
import { closeCases } from './cases/close-cases.ts'
import { conditionalInsertCases } from './cases/conditional-insert-cases.ts'
import { countCases } from './cases/count-cases.ts'
import { dataCases } from './cases/data-cases.ts'
import { expiryCases } from './cases/expiry-cases.ts'
import { getCases } from './cases/get-cases.ts'
import { insertCases } from './cases/insert-cases.ts'
import { limitCases } from './cases/limit-cases.ts'
import { listCases } from './cases/list-cases.ts'
import { movingListCases } from './cases/moving-list-cases.ts'
import { nameCases } from './cases/name-cases.ts'
import { nodeCases } from './cases/node-cases.ts'
import { processCases } from './cases/process-cases.ts'
import { replaceCases } from './cases/replace-cases.ts'
import { sharingCases } from './cases/sharing-cases.ts'
import { sizeCases } from './cases/size-cases.ts'
import { sweepCases } from './cases/sweep-cases.ts'
import { turnReadCases } from './cases/turn-read-cases.ts'
import { turnWriteCases } from './cases/turn-write-cases.ts'
import { valueCases } from './cases/value-cases.ts'
import { watchCases } from './cases/watch-cases.ts'
import type { ConformanceCase } from './conformance-case.ts'

/**
 * The rules that every store for appgrant must keep, as cases for any test runner. Cases are independent: each opens a
 * database of its own, so they may run in any order and in parallel.
 *
 * @example
 * ```ts
 * import { test } from 'node:test'
 * import { conformance } from 'appgrant/testing'
 * import { myStore } from './my-store.js'
 *
 * for (const { name, rule, run } of conformance) {
 *   test(`${name}: ${rule}`, () => run({ open: async (namespace) => myStore({ namespace }) }))
 * }
 * ```
 */
export const conformance: readonly ConformanceCase[] = [
  ...getCases,
  ...turnReadCases,
  ...dataCases,
  ...nameCases,
  ...insertCases,
  ...limitCases,
  ...conditionalInsertCases,
  ...replaceCases,
  ...turnWriteCases,
  ...listCases,
  ...movingListCases,
  ...countCases,
  ...expiryCases,
  ...sizeCases,
  ...valueCases,
  ...sweepCases,
  ...nodeCases,
  ...closeCases,
  ...sharingCases,
  ...watchCases,
  ...breakCases,
  ...processCases,
]
