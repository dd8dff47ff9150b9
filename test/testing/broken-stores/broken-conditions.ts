import type { InsertOptions, RecordRef, Store, StoreRecord } from '../../../src/store/store.ts'
import { type BrokenStore, brokenDatabase, brokenNode, othersGoFirst, standing } from './broken-store.ts'

type Condition = NonNullable<InsertOptions['onlyIf']>
type Rest = Omit<InsertOptions, 'onlyIf'>

/** A store whose conditional inserts are done by `insertIf`; the others are as they should be. */
function conditional(
  inner: Store,
  insertIf: (record: StoreRecord, onlyIf: Condition, options: Rest) => ReturnType<Store['insert']>,
): Store {
  return {
    ...inner,
    insert: (record, { onlyIf, ...options } = {}) =>
      onlyIf ? insertIf(record, onlyIf, options) : inner.insert(record, options),
  }
}

const keyOf = ({ kind, partition, id }: RecordRef) => `${kind} ${partition} ${id}`

async function revisionAt(store: Store, ref: RecordRef): Promise<string | undefined> {
  return (await store.get([ref]))[0]?.revision
}

export const brokenConditions: readonly BrokenStore[] = [
  brokenDatabase(
    'conditions are ignored',
    (inner) => conditional(inner, (record, _, options) => inner.insert(record, options)),
    [
      'a stale insert stores nothing',
      'a condition on an absent record',
      'conditions on revisions that look alike',
      'stale before exists before full',
      'conditions of one turn',
      'a condition after a replace on another node',
      'conditions in a race with a replace',
    ],
  ),
  brokenDatabase(
    'a condition is checked by a read before the write',
    (inner) =>
      conditional(inner, async (record, { ref, revision }, options) => {
        if ((await revisionAt(inner, ref)) !== revision) return 'stale'
        await othersGoFirst()
        return inner.insert(record, options)
      }),
    ['conditions in a race with a replace'],
  ),
  brokenDatabase(
    'a stale insert is stored',
    (inner) =>
      conditional(inner, async (record, onlyIf, options) => {
        const answer = await inner.insert(record, { ...options, onlyIf })
        if (answer === 'stale') await inner.insert(record, options)
        return answer
      }),
    [
      'a stale insert stores nothing',
      'a condition on an absent record',
      'stale before exists before full',
      'conditions of one turn',
      'conditions in a race with a replace',
    ],
  ),
  brokenDatabase(
    'a condition compares only as much of the revision as it names',
    (inner) =>
      conditional(inner, async (record, onlyIf, options) => {
        const stored = await revisionAt(inner, onlyIf.ref)
        const revision = stored?.startsWith(onlyIf.revision) ? stored : onlyIf.revision
        return inner.insert(record, { ...options, onlyIf: { ...onlyIf, revision } })
      }),
    ['conditions on revisions that look alike'],
  ),
  brokenDatabase(
    'a condition looks at the ref of the record that is inserted',
    (inner) =>
      conditional(inner, (record, { revision }, options) =>
        inner.insert(record, { ...options, onlyIf: { ref: record, revision } }),
      ),
    [
      'insert under a condition',
      'a stale insert stores nothing',
      'a condition on an absent record',
      'conditions on revisions that look alike',
      'stale before exists before full',
      'conditions of one turn',
      'a condition after a replace on another node',
    ],
  ),
  brokenDatabase(
    'a condition on an absent record holds',
    (inner) =>
      conditional(inner, async (record, onlyIf, options) => {
        const isThere = (await revisionAt(inner, onlyIf.ref)) !== undefined
        return inner.insert(record, { ...options, ...(isThere && { onlyIf }) })
      }),
    ['a condition on an absent record', 'conditions of one turn'],
  ),
  brokenDatabase(
    'exists goes before stale',
    (inner) =>
      conditional(inner, async (record, onlyIf, options) =>
        (await standing(inner, record)) ? 'exists' : inner.insert(record, { ...options, onlyIf }),
      ),
    ['stale before exists before full'],
  ),
  brokenDatabase(
    'a condition takes the place of the limit',
    (inner) =>
      conditional(inner, (record, onlyIf, { limit: _, ...options }) => inner.insert(record, { ...options, onlyIf })),
    ['stale before exists before full'],
  ),
  brokenDatabase(
    'of the conditions on one record the first of a turn counts for all',
    (inner) => {
      let first = new Map<string, string>()
      return conditional(inner, (record, { ref, revision: asked }, options) => {
        if (first.size === 0)
          queueMicrotask(() => {
            first = new Map()
          })
        const revision = first.get(keyOf(ref)) ?? asked
        first.set(keyOf(ref), revision)
        return inner.insert(record, { ...options, onlyIf: { ref, revision } })
      })
    },
    ['conditions of one turn'],
  ),
  brokenNode(
    'a node remembers the revisions that it compared with',
    (inner) => {
      const known = new Map<string, string | undefined>()
      return {
        ...conditional(inner, async (record, { ref, revision }, options) => {
          if (!known.has(keyOf(ref))) known.set(keyOf(ref), await revisionAt(inner, ref))
          return known.get(keyOf(ref)) === revision ? inner.insert(record, options) : 'stale'
        }),
        replace: (from, to) => {
          known.delete(keyOf(to))
          return inner.replace(from, to)
        },
      }
    },
    [
      'a condition on an absent record',
      'a condition after a replace on another node',
      'conditions in a race with a replace',
    ],
  ),
]
