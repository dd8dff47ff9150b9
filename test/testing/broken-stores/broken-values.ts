import type { GroupRef, RecordRef, Store, StoreRecord } from '../../../src/store/store.ts'
import { type BrokenStore, brokenDatabase } from './broken-store.ts'
import { type Disguise, disguised } from './disguise.ts'

const asItIs = { ref: (ref: RecordRef) => ref, group: (group: GroupRef) => group }
const DAY = 86_400_000

/** A store that keeps the data of a replace, or of every write, as `change` leaves it. */
const keeping = (inner: Store, change: (data: string) => string, also = true): Store => ({
  ...inner,
  insert: (record, options) => inner.insert(also ? { ...record, data: change(record.data) } : record, options),
  replace: (from, to) => inner.replace(from, { ...to, data: change(to.data) }),
})

/** A store that keeps its records at other positions than they say. */
const placing = (inner: Store, place: (record: StoreRecord) => number) =>
  disguised(inner, { ...asItIs, fields: (to) => ({ position: place(to) }) })

/** A store that drops a record as soon as `isGone` says. */
function dropping(inner: Store, isGone: (expiresAt: number) => boolean): Store {
  const there = (one: StoreRecord | undefined) =>
    one?.expiresAt !== undefined && isGone(one.expiresAt) ? undefined : one
  return { ...inner, get: async (refs) => (await inner.get(refs)).map(there) }
}

/** A store that compares as much of a revision as `part` returns. */
function comparing(inner: Store, part: (revision: string) => string): Store {
  const storedLike = async (at: StoreRecord) => {
    const [stored] = await inner.get([at])
    return stored && part(stored.revision) === part(at.revision) ? stored : at
  }
  return { ...inner, replace: async (from, to) => inner.replace(await storedLike(from), to) }
}

const renamed = (inner: Store, names: Partial<Disguise>) => disguised(inner, { ...asItIs, ...names })

/** A store that joins the parts of refs and groups in that order. */
function joining(inner: Store, join: (kind: string, partition: string, last: string) => string): Store {
  const one = { kind: 'one', partition: 'one' }
  return disguised(inner, {
    ref: ({ kind, partition, id }) => ({ ...one, id: join(kind, partition, id) }),
    group: ({ kind, partition, group }) => ({ ...one, group: join(kind, partition, group) }),
  })
}

export const brokenValues: readonly BrokenStore[] = [
  brokenDatabase('spaces at the end of data are cut', (inner) => keeping(inner, (data) => data.trimEnd()), [
    'data is never interpreted',
  ]),
  brokenDatabase(
    'spaces at the beginning of data are cut',
    (inner) => keeping(inner, (data) => data.replace(/^ +/, '')),
    ['data is never interpreted'],
  ),
  brokenDatabase('CRLF in data becomes LF', (inner) => keeping(inner, (data) => data.replaceAll('\r\n', '\n')), [
    'data is never interpreted',
  ]),
  brokenDatabase(
    'a BOM at the beginning of data is cut',
    (inner) => keeping(inner, (data) => data.replace(/^\ufeff/, '')),
    ['data is never interpreted'],
  ),
  brokenDatabase('data is normalized to NFC', (inner) => keeping(inner, (data) => data.normalize('NFC')), [
    'data is never interpreted',
  ]),
  brokenDatabase('data is normalized to NFKC', (inner) => keeping(inner, (data) => data.normalize('NFKC')), [
    'data is never interpreted',
  ]),
  brokenDatabase(
    'replace puts data into a template',
    (inner) => keeping(inner, (data) => '<data>'.replace('<data>', data), false),
    ['data is never interpreted'],
  ),
  brokenDatabase(
    'a replace cuts data after 100,000 characters',
    (inner) => keeping(inner, (data) => data.slice(0, 100_000), false),
    ['data of 256 kB'],
  ),
  brokenDatabase('data is cut after 131,072 characters', (inner) => keeping(inner, (data) => data.slice(0, 131_072)), [
    'data of 256 kB',
  ]),
  brokenDatabase(
    'position 0 is the time of the write',
    (inner) => placing(inner, ({ position }) => position || 1_800_000_000_000),
    ['list ascends by position', 'count starts after the position', 'position 0', 'expiresAt 0'],
  ),
  brokenDatabase('positions have 32 bits', (inner) => placing(inner, ({ position }) => position % 2 ** 32), [
    'lists and counts of one tick',
    'replace moves within a group',
    'list ascends by position',
    'list pages through one position',
    'list starts after a place',
    'list keeps the page size',
    'list returns whole records',
    'pages contain unchanged records once',
    'a page with more is never empty',
    'count starts after the position',
    'a record stays until it expires',
    'expiry affects no other record',
    'pages of 1000 records',
    'a count beyond 1000',
    'far expiries',
    'moves in four groups',
    'a sweep drops nothing early',
    'a changed expiry is swept as changed',
    'a list outlives its newest record',
    'get, list, count and limit agree after a sweep',
  ]),
  brokenDatabase(
    'a count from position 0 on includes it',
    (inner) => ({ ...inner, count: (group, after) => inner.count(group, after === 0 ? -1 : after) }),
    ['count starts after the position', 'position 0', 'expiresAt 0'],
  ),
  brokenDatabase(
    'expiresAt 0 is dropped',
    (inner) => {
      const kept = ({ expiresAt, ...record }: StoreRecord) => ({ ...record, ...(expiresAt && { expiresAt }) })
      return {
        ...inner,
        insert: (record, options) => inner.insert(kept(record), options),
        replace: (from, to) => inner.replace(from, kept(to)),
      }
    },
    ['expiresAt 0'],
  ),
  brokenDatabase(
    'a time to live of more than 2^31 ms has passed at once',
    (inner) => dropping(inner, (expiresAt) => expiresAt - Date.now() > 2 ** 31),
    ['every field is returned', 'replace changes the expiry', 'far expiries'],
  ),
  brokenDatabase(
    'expiries beyond 2038 have passed',
    (inner) => dropping(inner, (expiresAt) => expiresAt > 2 ** 31 * 1000),
    ['every field is returned', 'far expiries'],
  ),
  brokenDatabase(
    'expiries beyond 2106 have passed',
    (inner) => dropping(inner, (expiresAt) => expiresAt > 2 ** 32 * 1000),
    ['every field is returned', 'far expiries'],
  ),
  brokenDatabase(
    'records that expire in more than a year are not listed',
    (inner) => ({
      ...inner,
      list: async (group, page) => {
        const { records, more } = await inner.list(group, page)
        return { records: records.filter(({ expiresAt = 0 }) => expiresAt < Date.now() + 370 * DAY), more }
      },
    }),
    ['far expiries', 'get, list, count and limit agree after a sweep'],
  ),
  brokenDatabase(
    'an expiry is at most ten years away',
    (inner) => {
      const near = (record: StoreRecord) =>
        record.expiresAt === undefined
          ? record
          : { ...record, expiresAt: Math.min(record.expiresAt, Date.now() + 3650 * DAY) }
      return {
        ...inner,
        insert: (record, options) => inner.insert(near(record), options),
        replace: (from, to) => inner.replace(from, near(to)),
      }
    },
    ['every field is returned', 'far expiries'],
  ),
  brokenDatabase(
    'partitions are compared without case',
    (inner) =>
      renamed(inner, {
        ref: (ref) => ({ ...ref, partition: ref.partition.toLowerCase() }),
        group: (group) => ({ ...group, partition: group.partition.toLowerCase() }),
      }),
    ['names that look alike'],
  ),
  brokenDatabase(
    'kinds are compared without case',
    (inner) =>
      renamed(inner, {
        ref: (ref) => ({ ...ref, kind: ref.kind.toLowerCase() }),
        group: (group) => ({ ...group, kind: group.kind.toLowerCase() }),
      }),
    ['names that look alike'],
  ),
  brokenDatabase(
    'groups of a partition are compared without case',
    (inner) => renamed(inner, { group: (group) => ({ ...group, partition: group.partition.toLowerCase() }) }),
    ['hostile names'],
  ),
  brokenDatabase('names are joined by a dot', (inner) => joining(inner, (...names) => names.join('.')), [
    'refs that look alike when joined',
  ]),
  brokenDatabase(
    'names are joined by an underscore, the partition first',
    (inner) => joining(inner, (kind, partition, last) => `${partition}_${kind}_${last}`),
    ['refs that look alike when joined'],
  ),
  brokenDatabase(
    'names are joined by nothing, the id first',
    (inner) => joining(inner, (kind, partition, last) => `${last}:${kind}${partition}`),
    ['refs that look alike when joined', 'list orders ids by bytes', 'list pages through one position'],
  ),
  brokenDatabase('names are joined by two hyphens', (inner) => joining(inner, (...names) => names.join('--')), [
    'refs that look alike when joined',
  ]),
  brokenDatabase(
    'a key is cut after 500 characters',
    (inner) => joining(inner, (kind, partition, last) => `${last}:${kind}:${partition}`.slice(0, 500)),
    ['names of 200 characters', 'list orders ids by bytes', 'list pages through one position'],
  ),
  brokenDatabase(
    'kinds are cut after 100 characters',
    (inner) => renamed(inner, { ref: (ref) => ({ ...ref, kind: ref.kind.slice(0, 100) }) }),
    ['names of 200 characters'],
  ),
  brokenDatabase(
    'the names of groups are cut after 198 characters',
    (inner) => renamed(inner, { group: (group) => ({ ...group, group: group.group.slice(0, 198) }) }),
    ['names of 200 characters'],
  ),
  brokenDatabase(
    '16 characters of a revision are compared',
    (inner) => comparing(inner, (revision) => revision.slice(0, 16)),
    ['revisions that look alike'],
  ),
  brokenDatabase(
    '63 characters of a revision are compared',
    (inner) => comparing(inner, (revision) => revision.slice(0, 63)),
    ['revisions that look alike'],
  ),
  brokenDatabase(
    'dots at the end of a revision are ignored',
    (inner) => comparing(inner, (revision) => revision.replace(/\.+$/, '')),
    ['revisions that look alike'],
  ),
  brokenDatabase(
    'revisions are compared without case',
    (inner) => comparing(inner, (revision) => revision.toLowerCase()),
    ['revisions that look alike'],
  ),
]
