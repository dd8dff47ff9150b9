import { describe, expect, it } from 'vitest'
import { memoryStore } from '../../adapters/memory/memory-store.ts'
import { createRandomText } from '../../src/credentials/random.ts'
import { createCollection } from '../../src/records/collection.ts'
import { createRetries } from '../../src/records/retries.ts'
import type { Store } from '../../src/store/store.ts'
import { manualClock } from '../../src/testing/index.ts'
import { codeOf } from '../support/code-of.ts'
import { observedStore } from '../support/observed-store.ts'
import { noteKind, noteRef, notes, sharedNoteKind } from './note-kind.ts'

function setUp(inner: Store = memoryStore()) {
  const store = observedStore(inner)
  const clock = manualClock()
  return {
    store,
    clock,
    collection: createCollection(store, { clock, random: createRandomText(), retries: createRetries(1000) }),
  }
}

/** Each write is done twice, and the second reply arrives. */
function twice(inner: Store): Store {
  return {
    ...inner,
    insert: async (record, options) => {
      await inner.insert(record, options)
      return inner.insert(record, options)
    },
    replace: async (from, to) => {
      await inner.replace(from, to)
      return inner.replace(from, to)
    },
  }
}

describe('collection.insert', () => {
  it('insert returns what the store returns', async () => {
    const { collection } = setUp()
    const limit = { group: 'notes', max: 1 }
    expect(await collection.insert(noteKind, { id: 'a', text: '1' }, { limit })).toBe('inserted')
    expect(await collection.insert(noteKind, { id: 'a', text: '2' }, { limit })).toBe('exists')
    expect(await collection.insert(noteKind, { id: 'b', text: '1' }, { limit })).toBe('full')
    expect(await collection.load(noteKind, noteRef('a'))).toEqual({ id: 'a', text: '1' })
  })

  it('an insert that is delivered twice counts as inserted', async () => {
    const { collection, store } = setUp(twice(memoryStore()))
    expect(await collection.insert(noteKind, { id: 'a', text: '1' }, { limit: { group: 'notes', max: 1 } })).toBe(
      'inserted',
    )
    expect(await store.count(notes, -1)).toBe(1)
  })

  it('every inserted record has its own revision', async () => {
    const { collection, store } = setUp()
    await collection.insert(noteKind, { id: 'a', text: '1' })
    await collection.insert(noteKind, { id: 'b', text: '1' })
    for (let n = 0; n < 20; n++) await collection.write(noteKind, noteRef('a'), (note) => note)
    expect(new Set(store.written.map(({ revision }) => revision)).size).toBe(22)
  })
})

describe('collection.insert with onlyIf', () => {
  const onlyIf = ({ collection }: ReturnType<typeof setUp>) => {
    const { revision = '' } = collection.recall(sharedNoteKind, noteRef('named')) ?? {}
    return { onlyIf: { ref: noteRef('named'), revision } }
  }

  it('says what the store says', async () => {
    const fixture = setUp()
    const { collection } = fixture
    await collection.insert(sharedNoteKind, { id: 'named', text: '1' })
    await collection.load(sharedNoteKind, noteRef('named'))
    const condition = onlyIf(fixture)
    expect(await collection.insert(noteKind, { id: 'a', text: '1' }, condition)).toBe('inserted')
    await collection.write(sharedNoteKind, noteRef('named'), (note) => note)
    expect(await collection.insert(noteKind, { id: 'b', text: '1' }, condition)).toBe('stale')
    expect(await collection.load(noteKind, noteRef('b'))).toBeUndefined()
  })

  it('that is delivered twice, the second time after a change of the named record, has inserted', async () => {
    const memory = memoryStore()
    const fixture = setUp({
      ...memory,
      insert: async (record, options = {}) => {
        const answer = await memory.insert(record, options)
        const [named] = options.onlyIf ? await memory.get([options.onlyIf.ref]) : []
        if (!named) return answer
        await memory.replace(named, { ...named, revision: 'changed' })
        return memory.insert(record, options)
      },
    })
    const { collection } = fixture
    await collection.insert(sharedNoteKind, { id: 'named', text: '1' })
    await collection.load(sharedNoteKind, noteRef('named'))
    expect(await collection.insert(noteKind, { id: 'a', text: '1' }, onlyIf(fixture))).toBe('inserted')
    expect(await collection.load(noteKind, noteRef('a'))).toMatchObject({ text: '1' })
  })
})

describe('collection.recall', () => {
  const recalled = ({ collection }: ReturnType<typeof setUp>, id = 'a') =>
    collection.recall(sharedNoteKind, noteRef(id))?.value.text

  it('gives the version that was read last, whatever is stored, and nothing that was not read', async () => {
    const fixture = setUp()
    const other = setUp(fixture.store)
    await fixture.collection.insert(sharedNoteKind, { id: 'a', text: '1' })
    expect(recalled(fixture)).toBeUndefined()
    await fixture.collection.load(sharedNoteKind, noteRef('a'))
    await other.collection.write(sharedNoteKind, noteRef('a'), () => ({ id: 'a', text: '2' }))
    expect(recalled(fixture)).toBe('1')
    await fixture.collection.load(sharedNoteKind, noteRef('a'))
    expect(recalled(fixture)).toBe('2')
    const [stored] = await fixture.store.get([noteRef('a')])
    expect(fixture.collection.recall(sharedNoteKind, noteRef('a'))?.revision).toBe(stored?.revision)
  })

  it('gives the same frozen value as a later read of the same version', async () => {
    const { collection } = setUp()
    await collection.insert(sharedNoteKind, { id: 'a', text: '1' })
    const first = await collection.load(sharedNoteKind, noteRef('a'))
    expect(await collection.load(sharedNoteKind, noteRef('a'))).toBe(first)
    expect(collection.recall(sharedNoteKind, noteRef('a'))?.value).toBe(first)
    expect(Object.isFrozen(first)).toBe(true)
  })

  it('gives nothing after a change by this collection, of which it is not known whether it was done', async () => {
    const fixture = setUp()
    await fixture.collection.insert(sharedNoteKind, { id: 'a', text: '1' })
    await fixture.collection.write(sharedNoteKind, noteRef('a'), () => ({ id: 'a', text: '2' }))
    expect(recalled(fixture)).toBeUndefined()
    const failing = setUp({ ...fixture.store, replace: () => Promise.reject(new Error('no answer')) })
    await failing.collection.load(sharedNoteKind, noteRef('a'))
    expect(recalled(failing)).toBe('2')
    const change = failing.collection.write(sharedNoteKind, noteRef('a'), (note) => note)
    await expect(change).rejects.toThrow('no answer')
    expect(recalled(failing)).toBeUndefined()
  })

  it('is of the kind and partition that are asked for', async () => {
    const { collection } = setUp()
    await collection.insert(sharedNoteKind, { id: 'a', text: '1' })
    await collection.load(sharedNoteKind, noteRef('a'))
    expect(collection.recall({ ...sharedNoteKind, name: 'm' }, noteRef('a'))).toBeUndefined()
    expect(collection.recall(sharedNoteKind, { ...noteRef('a'), partition: 'qq' })).toBeUndefined()
  })

  it('gives nothing of kinds that are not shared, nor if the store inserts under no condition', async () => {
    const { conditionalInserts: _, ...unconditional } = memoryStore()
    for (const [kind, store] of [
      [noteKind, memoryStore()],
      [sharedNoteKind, unconditional],
    ] as const) {
      const { collection } = setUp(store)
      await collection.insert(kind, { id: 'a', text: '1' })
      await collection.load(kind, noteRef('a'))
      expect(collection.recall(kind, noteRef('a'))).toBeUndefined()
    }
  })
})

describe('collection.load', () => {
  it('load decides expiry by our own clock, to the millisecond', async () => {
    const { collection, clock } = setUp()
    await collection.insert(noteKind, { id: 'a', text: '1', expiresAt: clock() + 1000 })
    clock.advance(999)
    expect(await collection.load(noteKind, noteRef('a'))).toMatchObject({ id: 'a' })
    clock.advance(1)
    expect(await collection.load(noteKind, noteRef('a'))).toBeUndefined()
  })
})

describe('collection.write', () => {
  it('write inserts durably if there is no record and replaces if there is one', async () => {
    const { collection, store } = setUp()
    const inserts: unknown[] = []
    const { collection: watched } = setUp({
      ...store,
      insert: (record, options) => {
        inserts.push(options)
        return store.insert(record, options)
      },
    })
    expect(await watched.write(noteKind, noteRef('a'), () => ({ id: 'a', text: '1' }))).toEqual({ id: 'a', text: '1' })
    expect(inserts).toEqual([{ durable: true }])
    await collection.write(noteKind, noteRef('a'), (note) => note && { ...note, text: `${note.text}2` })
    expect(await collection.load(noteKind, noteRef('a'))).toEqual({ id: 'a', text: '12' })
    expect(store.calls.replace).toBe(1)
  })

  it('write stores nothing if decide returns undefined or rejects', async () => {
    const { collection, store } = setUp()
    expect(await collection.write(noteKind, noteRef('a'), () => undefined)).toBeUndefined()
    await expect(collection.write(noteKind, noteRef('a'), () => Promise.reject(new Error('no')))).rejects.toThrow('no')
    expect(store.writes()).toBe(0)
  })

  it('write stores again even if nothing changes, because only a write confirms (REV-7)', async () => {
    const { collection, store } = setUp()
    await collection.insert(noteKind, { id: 'a', text: '1' })
    await collection.write(noteKind, noteRef('a'), (note) => note)
    expect(store.calls.replace).toBe(1)
  })

  it('write says that a record has expired, and replaces it (REV-3)', async () => {
    const { collection, store, clock } = setUp()
    await collection.insert(noteKind, { id: 'a', text: 'old', expiresAt: clock() + 10 })
    clock.advance(10)
    const seen: unknown[] = []
    await collection.write(noteKind, noteRef('a'), (note, isExpired) => {
      seen.push([note, isExpired])
      return { id: 'a', text: 'new', expiresAt: clock() + 10 }
    })
    expect(seen).toEqual([[{ id: 'a', text: 'old', expiresAt: clock() }, true]])
    expect(store.calls).toMatchObject({ insert: 1, replace: 1 })
    expect(await collection.load(noteKind, noteRef('a'))).toMatchObject({ text: 'new' })
  })

  it('write loses no change of 60 writers at once', async () => {
    const { collection } = setUp()
    await Promise.all(
      Array.from({ length: 60 }, (_, n) =>
        collection.write(noteKind, noteRef('a'), (note) => ({ id: 'a', text: `${note?.text ?? ''}.${n}` })),
      ),
    )
    const written = (await collection.load(noteKind, noteRef('a')))?.text.split('.').filter(Boolean)
    expect(written?.map(Number).sort((a, b) => a - b)).toEqual([...Array(60).keys()])
  })

  it('a write that is delivered twice is done once', async () => {
    const { collection } = setUp(twice(memoryStore()))
    const add = () => collection.write(noteKind, noteRef('a'), (note) => ({ id: 'a', text: `${note?.text ?? ''}+` }))
    expect(await add()).toEqual({ id: 'a', text: '+' })
    expect(await add()).toEqual({ id: 'a', text: '++' })
    expect(await collection.load(noteKind, noteRef('a'))).toEqual({ id: 'a', text: '++' })
  })

  it('write gives up after a bounded number of lost races with conflict, and nothing is stored', async () => {
    const inner = memoryStore()
    const { collection, store } = setUp({ ...inner, replace: async () => false })
    await collection.insert(noteKind, { id: 'a', text: '1' })
    let decided = 0
    const write = collection.write(noteKind, noteRef('a'), (note) => {
      decided++
      return note
    })
    expect(await codeOf(write)).toBe('conflict')
    expect(decided).toBe(100)
    expect(store.calls.replace).toBe(100)
    expect(store.written).toHaveLength(1)
  })
})
