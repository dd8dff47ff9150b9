import type { InsertResult, RecordPage, Store } from '../../../src/store/store.ts'
import { type BrokenStore, brokenNode, othersGoFirst } from './broken-store.ts'

const hanging = () => new Promise<never>(() => {})

/** A node that has other methods once it is closed. */
function afterClose(inner: Store, methods: Partial<Store>): Store {
  let closed = false
  const choose = <Name extends 'get' | 'insert' | 'replace' | 'list' | 'count'>(name: Name): Store[Name] =>
    ((...passed: readonly unknown[]) => {
      const method = (closed && methods[name]) || inner[name]
      return Reflect.apply(method, undefined, passed)
    }) as Store[Name]
  return {
    ...inner,
    get: choose('get'),
    insert: choose('insert'),
    replace: choose('replace'),
    list: choose('list'),
    count: choose('count'),
    close: async () => {
      closed = true
      await inner.close()
    },
  }
}

const NOTHING: RecordPage = { records: [], more: false }

export const brokenCloses: readonly BrokenStore[] = [
  brokenNode(
    'after close, get finds nothing',
    (inner) => afterClose(inner, { get: async (refs) => refs.map(() => undefined) }),
    ['calls after close', 'calls before the first use after close'],
  ),
  brokenNode('after close, lists are empty', (inner) => afterClose(inner, { list: async () => NOTHING }), [
    'calls after close',
    'calls before the first use after close',
  ]),
  brokenNode('after close, a count is 0', (inner) => afterClose(inner, { count: async () => 0 }), [
    'calls after close',
    'calls before the first use after close',
  ]),
  brokenNode('after close, insert returns exists', (inner) => afterClose(inner, { insert: async () => 'exists' }), [
    'calls after close',
    'calls before the first use after close',
  ]),
  brokenNode(
    'after close, insert returns inserted and stores nothing',
    (inner) =>
      afterClose(inner, {
        insert: async (record) => ((await inner.get([record]))[0] ? 'exists' : ('inserted' as InsertResult)),
      }),
    ['calls after close', 'calls before the first use after close'],
  ),
  brokenNode('after close, replace returns false', (inner) => afterClose(inner, { replace: async () => false }), [
    'calls after close',
    'calls before the first use after close',
  ]),
  brokenNode(
    'a write under way at close is confirmed and not done',
    (inner) => {
      let closed = false
      return {
        ...inner,
        insert: async (record, options = {}) => {
          if (options.onlyIf || options.limit) return inner.insert(record, options)
          if ((await inner.get([record]))[0]) return 'exists'
          return closed ? 'inserted' : inner.insert(record, options)
        },
        close: async () => {
          closed = true
          await inner.close()
        },
      }
    },
    ['calls after close', 'calls before the first use after close', 'calls under way at close'],
  ),
  brokenNode(
    'a list under way at close is empty',
    (inner) => {
      let closing = false
      return {
        ...inner,
        list: async (group, page) => {
          const before = closing
          const result = await inner.list(group, page)
          await othersGoFirst()
          return closing && !before ? NOTHING : result
        },
        close: async () => {
          closing = true
          await inner.close()
        },
      }
    },
    ['calls under way at close'],
  ),
  brokenNode(
    'a second close rejects while the first is under way',
    (inner) => {
      let closing = false
      return {
        ...inner,
        close: async () => {
          if (closing) throw new Error('already closing')
          closing = true
          await othersGoFirst()
          closing = false
          await inner.close()
        },
      }
    },
    ['two closes at once'],
  ),
]

/** Those that are found by waiting. */
export const hangingCloses: readonly BrokenStore[] = [
  brokenNode('after close, reads hang', (inner) => afterClose(inner, { get: hanging, list: hanging, count: hanging }), [
    'calls after close',
    'calls before the first use after close',
  ]),
  brokenNode('after close, writes hang', (inner) => afterClose(inner, { insert: hanging, replace: hanging }), [
    'calls after close',
    'calls before the first use after close',
  ]),
  brokenNode(
    'a get under way at close hangs',
    (inner) => {
      let closing = false
      return {
        ...inner,
        get: async (refs) => {
          const before = closing
          const found = await inner.get(refs)
          return closing && !before ? hanging() : found
        },
        close: async () => {
          closing = true
          await inner.close()
        },
      }
    },
    ['calls under way at close'],
  ),
  brokenNode(
    'a replace under way at close hangs',
    (inner) => {
      let closing = false
      return {
        ...inner,
        replace: async (from, to) => {
          const before = closing
          const done = await inner.replace(from, to)
          return closing && !before ? hanging() : done
        },
        close: async () => {
          closing = true
          await inner.close()
        },
      }
    },
    ['calls under way at close'],
  ),
  brokenNode(
    'of two closes at once the second hangs',
    (inner) => {
      let closing = false
      return {
        ...inner,
        close: async () => {
          if (closing) return hanging()
          closing = true
          // Not by a timer or an immediate: these wait until nothing else is left.
          await Promise.resolve()
          closing = false
          await inner.close()
        },
      }
    },
    ['two closes at once'],
  ),
  brokenNode(
    'close before the first use hangs',
    (inner) => {
      let used = false
      const using = <Passed extends unknown[], Result>(call: (...passed: Passed) => Promise<Result>) => {
        return (...passed: Passed) => {
          used = true
          return call(...passed)
        }
      }
      let first = true
      return {
        ...inner,
        get: using(inner.get),
        insert: using(inner.insert),
        replace: using(inner.replace),
        list: using(inner.list),
        count: using(inner.count),
        close: () => {
          // The second one, at the end of the case, must not hang.
          const hangs = first && !used
          first = false
          return hangs ? hanging() : inner.close()
        },
      }
    },
    [
      'insert under a condition',
      'a stale insert stores nothing',
      'a condition on an absent record',
      'conditions on revisions that look alike',
      'stale before exists before full',
      'conditions of one turn',
      'a sweep drops nothing early',
      'a list outlives its newest record',
      'get, list, count and limit agree after a sweep',
      'calls before the first use after close',
      'close ends its watchers',
      'watch reports a replace',
      'watch reports replaces of the own node',
      'watch resolves when it listens',
      'a stopped watch is silent',
      'hints stay in their namespace',
    ],
  ),
]
