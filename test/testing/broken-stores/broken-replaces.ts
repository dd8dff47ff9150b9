import type { RecordRef, StoreRecord } from '../../../src/store/store.ts'
import { type BrokenStore, brokenDatabase, othersGoFirst, standing } from './broken-store.ts'
import { disguised } from './disguise.ts'

const asItIs = { ref: (ref: RecordRef) => ref, group: <Group>(group: Group) => group }
const hasExpired = ({ expiresAt = Number.POSITIVE_INFINITY }: StoreRecord) => expiresAt <= Date.now()

export const brokenReplaces: readonly BrokenStore[] = [
  brokenDatabase(
    'replace ignores the revision',
    (inner) => ({
      ...inner,
      replace: async (from, to) => {
        const stored = await standing(inner, from)
        return stored !== undefined && inner.replace(stored, to)
      },
    }),
    [
      'revisions that look alike',
      'replace needs the stored revision',
      'one of many parallel replaces wins',
      'a late replace after a removal',
      'a repeated replace',
      'replace changes one record',
      'replaces of one tick',
      'replace to an expired record',
      'a tombstone stays until it expires',
      'a write is seen on another node',
      'calls after close',
      'calls before the first use after close',
    ],
  ),
  brokenDatabase(
    'replace compares the revision, then writes',
    (inner) => ({
      ...inner,
      replace: async (from, to) => {
        const compared = await standing(inner, from)
        await othersGoFirst()
        if (compared?.revision !== from.revision) return false
        const stored = await standing(inner, from)
        return stored !== undefined && inner.replace(stored, to)
      },
    }),
    ['one of many parallel replaces wins', 'a counter under parallel replaces'],
  ),
  brokenDatabase(
    'a refused replace returns true',
    (inner) => ({
      ...inner,
      replace: async (from, to) => {
        await inner.replace(from, to)
        return true
      },
    }),
    [
      'revisions that look alike',
      'replace needs the stored revision',
      'replace creates nothing',
      'one of many parallel replaces wins',
      'a counter under parallel replaces',
      'a late replace after a removal',
      'a repeated replace',
      'replace changes one record',
      'replaces of one tick',
      'reads and writes of one tick',
      'replace to an expired record',
      'a tombstone stays until it expires',
      'get, list, count and limit agree after a sweep',
      'a write is seen on another node',
      'namespaces are separate',
      'calls after close',
      'calls before the first use after close',
      'stored records are copies',
    ],
  ),
  brokenDatabase(
    'a repeated replace returns true',
    (inner) => ({
      ...inner,
      replace: async (from, to) =>
        (await inner.replace(from, to)) || (await standing(inner, to))?.revision === to.revision,
    }),
    ['a repeated replace', 'replace to an expired record'],
  ),
  brokenDatabase(
    'replace creates an absent record',
    (inner) => ({
      ...inner,
      replace: async (from, to) => (await inner.replace(from, to)) || (await inner.insert(to)) === 'inserted',
    }),
    [
      'replace creates nothing',
      'replaces of one tick',
      'replace to an expired record',
      'get, list, count and limit agree after a sweep',
      'namespaces are separate',
    ],
  ),
  brokenDatabase(
    'replace of another revision moves the record to the new groups',
    (inner) => ({
      ...inner,
      replace: async (from, to) => {
        if (await inner.replace(from, to)) return true
        const stored = await standing(inner, from)
        if (stored) await inner.replace(stored, { ...stored, groups: to.groups })
        return false
      },
    }),
    [
      'replace needs the stored revision',
      'one of many parallel replaces wins',
      'a late replace after a removal',
      'a repeated replace',
      'replaces of one tick',
      'a tombstone stays until it expires',
    ],
  ),
  brokenDatabase(
    'replace leaves no group',
    (inner) => {
      const groups = new Map<string, readonly string[]>()
      return disguised(inner, {
        ...asItIs,
        fields: ({ kind, partition, id, groups: entered }, from) => {
          const key = `${kind} ${partition} ${id}`
          const left = from ? (groups.get(key) ?? from.groups) : []
          const all = [...new Set([...left, ...entered])]
          if (from) groups.set(key, all)
          return { groups: all }
        },
      })
    },
    [
      'insert after a removal',
      'removal frees a place',
      'removals in a race with limited inserts',
      'leaving the group frees a place',
      'a refused insert stores nothing',
      'replace needs the stored revision',
      'one of many parallel replaces wins',
      'replace leaves and enters groups',
      'replace to a tombstone',
      'a late replace after a removal',
      'a repeated replace',
      'list leaves out moved records',
      'a page with more is never empty',
      'replace to an expired record',
      'moves in four groups',
      'a tombstone stays until it expires',
      'a removed record holds no place after a sweep',
      'a write is seen on another node',
    ],
  ),
  brokenDatabase(
    'replace enters no group',
    (inner) =>
      disguised(inner, {
        ...asItIs,
        fields: ({ groups }, from) => ({ groups: from ? groups.filter((name) => from.groups.includes(name)) : groups }),
      }),
    [
      'replace needs the stored revision',
      'one of many parallel replaces wins',
      'replace leaves and enters groups',
      'a repeated replace',
      'moves in four groups',
      'writes at a break',
    ],
  ),
  brokenDatabase(
    'replace leaves the record at its position',
    (inner) => {
      const positions = new Map<string, number>()
      return disguised(inner, {
        ...asItIs,
        fields: ({ kind, partition, id, position }, from) => {
          const key = `${kind} ${partition} ${id}`
          const kept = from ? (positions.get(key) ?? position) : position
          positions.set(key, kept)
          return { position: kept }
        },
      })
    },
    [
      'a read joins no earlier one',
      'replace moves within a group',
      'pages contain unchanged records once',
      'list leaves out moved records',
      'a page with more is never empty',
      'expiry affects no other record',
      'position 0',
      'expiresAt 0',
      'moves in four groups',
      'a changed expiry is swept as changed',
    ],
  ),
  brokenDatabase(
    'replace keeps the expiry',
    (inner) => ({
      ...inner,
      replace: (from, { expiresAt, ...to }) =>
        inner.replace(from, { ...to, ...(from.expiresAt !== undefined && { expiresAt: from.expiresAt }) }),
    }),
    [
      'insert after a removal',
      'replace to a tombstone',
      'a late replace after a removal',
      'replace changes the expiry',
      'expiresAt 0',
      'far expiries',
      'a changed expiry is swept as changed',
      'a write is seen on another node',
    ],
  ),
  brokenDatabase(
    'replace that leaves all groups deletes',
    (inner) => {
      const deleted = new Set<string>()
      return {
        ...inner,
        get: async (refs) =>
          (await inner.get(refs)).map((found) => (found && deleted.has(found.revision) ? undefined : found)),
        insert: async (record, options) => {
          const stored = await standing(inner, record)
          if (!stored || !deleted.has(stored.revision)) return inner.insert(record, options)
          await inner.replace(stored, record)
          return 'inserted'
        },
        replace: async (from, to) => {
          if (deleted.has(from.revision)) return false
          if (from.groups.length > 0 && to.groups.length === 0) deleted.add(to.revision)
          return inner.replace(from, to)
        },
      }
    },
    [
      'insert after a removal',
      'replace to a tombstone',
      'a late replace after a removal',
      'replace changes one record',
      'replaces of one tick',
      'a tombstone stays until it expires',
      'a write is seen on another node',
    ],
  ),
  brokenDatabase(
    'replace to an expired record returns true and writes nothing',
    (inner) => ({
      ...inner,
      replace: async (from, to) => hasExpired(to) || inner.replace(from, to),
    }),
    ['replace to an expired record', 'expiry affects no other record', 'expiresAt 0'],
  ),
  brokenDatabase(
    'replace writes every record of that id',
    (inner) => {
      const known: StoreRecord[] = []
      return {
        ...inner,
        insert: (record, options) => {
          known.push(record)
          return inner.insert(record, options)
        },
        replace: async (from, to) => {
          if (!(await inner.replace(from, to))) return false
          const others = known.filter(
            (one) => one.id === to.id && (one.kind !== to.kind || one.partition !== to.partition),
          )
          for (const stored of await inner.get(others)) {
            if (stored) await inner.replace(stored, { ...to, kind: stored.kind, partition: stored.partition })
          }
          return true
        },
      }
    },
    ['replace changes one record'],
  ),
]
