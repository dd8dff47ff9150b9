import type { Store, StoreRecord } from '../../../src/store/store.ts'
import type { ConformanceTarget } from '../../../src/testing/index.ts'
import { memoryTarget, type Wrap } from '../../support/memory-target.ts'

/** A memory store with one defect, and the cases of the kit that find it. */
export interface BrokenStore {
  readonly defect: string
  /** The names of the cases that must fail; all others must pass. */
  readonly fails: readonly string[]
  target(): ConformanceTarget
}

/** A defect of the database that all nodes of a namespace share. The seed is fixed: the same cases must fail in every run. */
export function brokenDatabase(defect: string, database: Wrap, fails: readonly string[]): BrokenStore {
  return { defect, fails, target: () => ({ ...memoryTarget({ database }), seed: 7 }) }
}

/** A defect of each node by itself. */
export function brokenNode(defect: string, node: Wrap, fails: readonly string[]): BrokenStore {
  return { defect, fails, target: () => ({ ...memoryTarget({ node }), seed: 7 }) }
}

/** Lets everything else that can run go first, such as between a check and the write that relies on it. */
export function othersGoFirst(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}

/** The record at a ref. */
export async function standing(store: Store, at: StoreRecord): Promise<StoreRecord | undefined> {
  const [found] = await store.get([at])
  return found
}
