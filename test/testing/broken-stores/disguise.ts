import type { GroupRef, RecordRef, Store, StoreRecord } from '../../../src/store/store.ts'

/** How records are kept under other names than their own. */
export interface Disguise {
  readonly ref: (ref: RecordRef) => RecordRef
  readonly group: (group: GroupRef) => GroupRef
  /** Other fields that are stored differently. */
  readonly fields?: (to: StoreRecord, from: StoreRecord | undefined) => Partial<StoreRecord>
}

/**
 * A store that keeps each record under another ref and in other groups, and returns what was passed. It cannot be
 * watched: its hints would name the other refs.
 */
export function disguised({ watch, ...inner }: Store, { ref, group, fields = () => ({}) }: Disguise): Store {
  const hide = (record: StoreRecord, from?: StoreRecord): StoreRecord => ({
    ...record,
    ...ref(record),
    groups: record.groups.map((name) => group({ ...record, group: name }).group),
    data: JSON.stringify(record),
    ...fields(record, from),
  })
  const show = (record: StoreRecord): StoreRecord => JSON.parse(record.data)
  return {
    ...inner,
    get: async (refs) => (await inner.get(refs.map(ref))).map((found) => found && show(found)),
    insert: (record, options = {}) => {
      const { limit } = options
      const renamed = limit && { limit: { ...limit, group: group({ ...record, group: limit.group }).group } }
      return inner.insert(hide(record), { ...options, ...renamed })
    },
    replace: (from, to) => inner.replace(hide(from), hide(to, from)),
    list: async (of, page) => {
      const after = page.after && { ...page.after, id: ref({ ...of, id: page.after.id }).id }
      const { records, more } = await inner.list(group(of), { ...page, ...(after && { after }) })
      return { records: records.map(show), more }
    },
    count: (of, after) => inner.count(group(of), after),
  }
}
