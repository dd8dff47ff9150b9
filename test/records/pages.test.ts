import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { memoryStore } from '../../adapters/memory/memory-store.ts'
import { createRandomText } from '../../src/credentials/random.ts'
import { createCollection } from '../../src/records/collection.ts'
import { createPages, type ListOf, type Page } from '../../src/records/pages.ts'
import { createRetries } from '../../src/records/retries.ts'
import type { StoreRecord } from '../../src/store/store.ts'
import { codeOf } from '../support/code-of.ts'
import { observedStore } from '../support/observed-store.ts'
import { type Note, noteKind, noteRef, notes } from './note-kind.ts'

const id = (n: number) => `note-${String(n).padStart(4, '0')}`
const textOf = (record: StoreRecord) => noteKind.unpack(record).text

async function setUp(count: number) {
  const store = observedStore(memoryStore())
  const collection = createCollection(store, {
    clock: Date.now,
    random: createRandomText(),
    retries: createRetries(1000),
  })
  const add = (n: number, note: Partial<Note> = {}) =>
    collection.insert(noteKind, { id: id(n), text: `text ${n}`, createdAt: 10 * n, ...note })
  for (let n = 0; n < count; n++) await add(n)
  return { store, collection, add, pages: createPages(store) }
}

const all: ListOf<string> = {
  identity: ['notes', 'all'],
  rows: [[notes]],
  show: async (records) => records.map(textOf),
}

async function walk(page: (cursor: string | undefined) => Promise<Page<string>>, between: () => unknown = () => {}) {
  const items: string[] = []
  let cursor: string | undefined
  do {
    const next = await page(cursor)
    items.push(...next.items)
    cursor = next.nextCursor
    await between()
  } while (cursor !== undefined)
  return items
}

describe('pages', () => {
  it('pages contain everything once, in order, for any page length (LST-5)', async () => {
    const { pages } = await setUp(25)
    const everything = Array.from({ length: 25 }, (_, n) => `text ${n}`)
    for (const limit of [1, 2, 5, 24, 25, 26, 1000])
      expect(await walk((cursor) => pages.page(all, { limit, cursor })), `${limit}`).toEqual(everything)
  })

  it('the last page has no cursor', async () => {
    const { pages } = await setUp(4)
    expect(await pages.page(all, { limit: 4 })).not.toHaveProperty('nextCursor')
    expect(await pages.page(all, { limit: 3 })).toHaveProperty('nextCursor')
    expect(await (await setUp(0)).pages.page(all, { limit: 3 })).toEqual({ items: [] })
  })

  it('records at one position are in the order of their ids, across pages', async () => {
    const { pages, add } = await setUp(0)
    for (const n of [3, 1, 4, 0, 2]) await add(n, { createdAt: 7 })
    expect(await walk((cursor) => pages.page(all, { limit: 2, cursor }))).toEqual(
      [0, 1, 2, 3, 4].map((n) => `text ${n}`),
    )
  })

  it('records that stay during a walk appear exactly once, whatever comes, goes and moves (LST-5)', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 7 }),
        fc.array(fc.record({ act: fc.constantFrom('add', 'go', 'change'), n: fc.nat(59) }), { maxLength: 60 }),
        async (limit, changes) => {
          const { pages, add, collection } = await setUp(40)
          const touched = new Set<number>()
          const pending = [...changes]
          const items = await walk(
            (cursor) => pages.page(all, { limit, cursor }),
            async () => {
              for (const { act, n } of pending.splice(0, 4)) {
                touched.add(n)
                if (act === 'add') await add(n)
                // Moved far away, where a walk may find it again.
                else if (act === 'go')
                  await collection.write(noteKind, noteRef(id(n)), (note) => note && { ...note, createdAt: 10_000 + n })
                else await collection.write(noteKind, noteRef(id(n)), (note) => note && { ...note, text: `text ${n}` })
              }
            },
          )
          for (let n = 0; n < 40; n++)
            if (!touched.has(n)) expect(items.filter((item) => item === `text ${n}`)).toHaveLength(1)
        },
      ),
      { seed: 5, numRuns: 100 },
    )
  })

  it('the groups of a row are merged in one order', async () => {
    const { pages, collection } = await setUp(0)
    for (let n = 0; n < 12; n++)
      await collection.insert(
        { ...noteKind, place: (note) => ({ ...noteKind.place(note), groups: [n % 3 === 0 ? 'notes' : 'others'] }) },
        { id: id(n), text: `text ${n}`, createdAt: n },
      )
    const merged = { ...all, rows: [[notes, { ...notes, group: 'others' }]] }
    for (const limit of [1, 2, 5, 12, 100])
      expect(await walk((cursor) => pages.page(merged, { limit, cursor }))).toEqual(
        Array.from({ length: 12 }, (_, n) => `text ${n}`),
      )
  })

  it('a page continues in the row of its cursor', async () => {
    const { pages, collection } = await setUp(0)
    const partitions = ['aa', 'bb', 'cc', 'dd']
    for (const partition of ['aa', 'cc', 'dd'])
      for (let n = 0; n < 3; n++)
        await collection.insert(
          { ...noteKind, place: (note) => ({ ...noteKind.place(note), partition }) },
          { id: `${partition}${n}`, text: `${partition}${n}` },
        )
    const rows = {
      ...all,
      rows: partitions.map((partition) => [{ ...notes, partition }]),
      rowOf: (of: string) => partitions.indexOf(of.slice(0, 2)),
    }
    const everything = ['aa0', 'aa1', 'aa2', 'cc0', 'cc1', 'cc2', 'dd0', 'dd1', 'dd2']
    for (const limit of [1, 2, 3, 4, 9, 10])
      expect(await walk((cursor) => pages.page(rows, { limit, cursor })), `${limit}`).toEqual(everything)
  })

  it('a page never begins before the current start of the list, whatever the cursor says', async () => {
    const { pages } = await setUp(10)
    const first = await pages.page(all, { limit: 2 })
    const cursor = first.nextCursor ?? ''
    const later = { ...all, from: { position: 50, id: id(5) } }
    expect((await pages.page(later, { limit: 10, cursor })).items).toEqual([6, 7, 8, 9].map((n) => `text ${n}`))
  })
})

describe('lists that begin at their end', () => {
  const reversed = { ...all, identity: ['notes', 'reversed'], isReversed: true }
  const downFrom = (n: number) => Array.from({ length: n }, (_, at) => `text ${n - 1 - at}`)

  it('contain everything once, in order, for any page length and any size of the group (LST-5)', async () => {
    const { pages } = await setUp(25)
    for (const limit of [1, 2, 5, 24, 25, 26, 1000])
      expect(await walk((cursor) => pages.page(reversed, { limit, cursor })), `${limit}`).toEqual(downFrom(25))
    const { pages: many } = await setUp(2300)
    expect(await walk((cursor) => many.page(reversed, { limit: 700, cursor }))).toEqual(downFrom(2300))
  })

  it('list what is at one position from the last id on, across pages', async () => {
    const { pages, add } = await setUp(0)
    for (const n of [3, 1, 4, 0, 2]) await add(n, { createdAt: 7 })
    for (const limit of [1, 2, 3])
      expect(await walk((cursor) => pages.page(reversed, { limit, cursor }))).toEqual(downFrom(5))
  })

  it('take one read of a group of at most 1000, and no more of a longer one than is before the cursor', async () => {
    const { pages, store } = await setUp(1000)
    const readsOf = async (call: () => Promise<unknown>) => {
      const before = store.calls.list
      await call()
      return store.calls.list - before
    }
    expect(await readsOf(() => pages.page(reversed, { limit: 50 }))).toBe(1)
    const { pages: many, store: big } = await setUp(2300)
    const first = await many.page(reversed, { limit: 1000 })
    const second = await many.page(reversed, { limit: 1000, cursor: first.nextCursor })
    const before = big.calls.list
    expect((await many.page(reversed, { limit: 1000, cursor: second.nextCursor })).items).toHaveLength(300)
    expect(big.calls.list - before).toBe(1)
  })

  it('show what stays during a walk exactly once, and what comes later not at all (LST-5)', async () => {
    const { pages, add, collection } = await setUp(20)
    let n = 100
    const items = await walk(
      (cursor) => pages.page(reversed, { limit: 3, cursor }),
      async () => {
        await add(n++)
        await collection.write(noteKind, noteRef(id(19)), (note) => note && { ...note, createdAt: 0 })
      },
    )
    expect(items).toEqual([...downFrom(20).slice(0, -1), 'text 19', 'text 0'])
  })

  it('are searched 1000 records a call (LST-5)', async () => {
    const { pages } = await setUp(2300)
    const search = {
      ...reversed,
      isSearch: true,
      show: async (records: readonly StoreRecord[]) =>
        records.map((record) => (textOf(record) === 'text 77' ? textOf(record) : undefined)),
    }
    const lengths: number[] = []
    const items = await walk(async (cursor) => {
      const page = await pages.page(search, { limit: 50, cursor })
      lengths.push(page.items.length)
      return page
    })
    expect([items, lengths]).toEqual([['text 77'], [0, 0, 1]])
  })

  it('refuse the cursor of the same list from its beginning (LST-5)', async () => {
    const { pages } = await setUp(5)
    const { nextCursor: cursor } = await pages.page(all, { limit: 2 })
    expect(await codeOf(pages.page(reversed, { limit: 2, cursor }))).toBe('invalid_cursor')
  })
})

describe('searches', () => {
  it('a search reads at most 1000 records a call, so a page may be empty and have a next (LST-5)', async () => {
    const { pages, store } = await setUp(2300)
    const search: ListOf<string> = {
      ...all,
      isSearch: true,
      show: async (records) => records.map((record) => (textOf(record) === 'text 2222' ? textOf(record) : undefined)),
    }
    const lengths: number[] = []
    const items = await walk(async (cursor) => {
      const before = store.calls.list
      const page = await pages.page(search, { limit: 50, cursor })
      lengths.push(page.items.length)
      expect(store.calls.list - before).toBeLessThanOrEqual(5)
      return page
    })
    expect(items).toEqual(['text 2222'])
    expect(lengths).toEqual([0, 0, 1])
  })

  it('a search with many hits gives pages of the requested length and loses none', async () => {
    const { pages } = await setUp(500)
    const search: ListOf<string> = {
      ...all,
      isSearch: true,
      show: async (records) =>
        records.map((record) => (Number(textOf(record).slice(5)) % 3 === 0 ? textOf(record) : undefined)),
    }
    const first = await pages.page(search, { limit: 20 })
    expect(first.items).toHaveLength(20)
    expect(await walk((cursor) => pages.page(search, { limit: 20, cursor }))).toHaveLength(167)
  })
})

describe('cursors', () => {
  const cursorOf = async (list: ListOf<string> = all) => {
    const { pages } = await setUp(5)
    return { pages, cursor: (await pages.page(list, { limit: 2 })).nextCursor ?? '' }
  }

  it('a cursor contains a digest, the position and the id, and nothing else (LST-5)', async () => {
    const { cursor } = await cursorOf()
    expect(Buffer.from(cursor, 'base64url').toString()).toMatch(/^\w{12} 10 note-0001$/)
  })

  it('a cursor of another list is refused without a read (LST-5)', async () => {
    const { pages, cursor } = await cursorOf()
    for (const identity of [['notes', 'other'], ['notes'], ['notes', 'all', ''], ['notesall'], ['all', 'notes']])
      expect(await codeOf(pages.page({ ...all, identity }, { limit: 2, cursor })), identity.join()).toBe(
        'invalid_cursor',
      )
  })

  it('a cursor that is cut, extended or changed anywhere is refused (LST-5)', async () => {
    const { pages, cursor } = await cursorOf()
    const changed = []
    for (let at = 0; at < cursor.length; at++) {
      changed.push(cursor.slice(0, at), cursor.slice(0, at) + (cursor[at] === 'A' ? 'B' : 'A') + cursor.slice(at + 1))
      changed.push(`${cursor.slice(0, at)}!${cursor.slice(at)}`, `${cursor.slice(0, at)}A${cursor.slice(at)}`)
    }
    changed.push(`${cursor}A`, `${cursor}=`, `${cursor}\n`, ` ${cursor}`, cursor + cursor)
    for (const other of changed)
      expect(await codeOf(pages.page(all, { limit: 2, cursor: other })), JSON.stringify(other)).toBe('invalid_cursor')
  })

  it('a forged cursor is refused, whatever it contains (LST-5)', async () => {
    const { pages, cursor } = await cursorOf()
    const text = Buffer.from(cursor, 'base64url').toString()
    const digest = text.slice(0, 12)
    const contents = [
      '',
      ' ',
      digest,
      `${digest} 10`,
      `${digest} -1 a`,
      `${digest} 1e9 a`,
      `${digest} 10 a b`,
      `${digest} 10 ${'a'.repeat(201)}`,
      `${digest} 99999999999999999999 a`,
      `${digest} 10 ../x`,
      `${digest} 10 a\0`,
      `${digest} 10 a\n`,
      `${digest} 11 note-0001`,
      `${digest} 10 note-0002`,
    ]
    for (const content of contents)
      expect(
        await codeOf(pages.page(all, { limit: 2, cursor: Buffer.from(content).toString('base64url') })),
        content,
      ).toBe('invalid_cursor')
    for (const forged of ['', '{}', 'null', '__proto__', 'undefined', '%00', 'ж'])
      expect(await codeOf(pages.page(all, { limit: 2, cursor: forged })), forged).toBe('invalid_cursor')
  })

  it('a cursor of 100 kB is refused by its length (S45)', async () => {
    const { pages, cursor } = await cursorOf()
    for (const long of [
      'A'.repeat(100_000),
      cursor + 'A'.repeat(100_000),
      Buffer.alloc(75_000, ' 1').toString('base64url'),
    ])
      expect(await codeOf(pages.page(all, { limit: 2, cursor: long }))).toBe('invalid_cursor')
  })
})
