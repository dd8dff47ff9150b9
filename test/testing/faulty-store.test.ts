import { describe, expect, it } from 'vitest'
import { memoryStore } from '../../adapters/memory/memory-store.ts'
import { isNotApplied, type Store, type StoreRecord } from '../../src/store/store.ts'
import { faultyStore, type StoreMethod } from '../../src/testing/index.ts'

const group = { kind: 'thing', partition: 'p0', group: 'g' }
const first: StoreRecord = {
  kind: 'thing',
  partition: 'p0',
  id: 'a',
  groups: ['g'],
  position: 1,
  revision: 'r1',
  data: '1',
}
const second = { ...first, revision: 'r2', data: '2' }
const calls: Record<StoreMethod, (store: Store) => Promise<unknown>> = {
  get: (store) => store.get([first]),
  insert: (store) => store.insert(first),
  replace: (store) => store.replace(first, second),
  list: (store) => store.list(group, { limit: 10 }),
  count: (store) => store.count(group, 0),
}
const methods = Object.keys(calls) as StoreMethod[]

/** A memory store that records which methods were called. */
function noted(): { readonly inner: Store; readonly reached: string[] } {
  const memory = memoryStore()
  const reached: string[] = []
  const noting =
    <Passed extends unknown[], Result>(method: string, call: (...passed: Passed) => Result) =>
    (...passed: Passed): Result => {
      reached.push(method)
      return call(...passed)
    }
  const inner: Store = {
    ...memory,
    get: noting('get', memory.get),
    insert: noting('insert', memory.insert),
    replace: noting('replace', memory.replace),
    list: noting('list', memory.list),
    count: noting('count', memory.count),
    close: noting('close', memory.close),
  }
  return { inner, reached }
}

const reasonOf = (call: Promise<unknown>) =>
  call.then(
    () => undefined,
    (reason: unknown) => reason,
  )

describe('faultyStore', () => {
  it('faultyStore passes arguments and results on', async () => {
    const store = faultyStore(memoryStore())
    expect(await store.insert(first, { limit: { group: 'g', max: 1 } })).toBe('inserted')
    expect(await store.insert({ ...first, id: 'b' }, { limit: { group: 'g', max: 1 } })).toBe('full')
    const onlyIf = { ref: first, revision: 'r0' }
    expect(await store.insert({ ...first, id: 'b' }, { onlyIf })).toBe('stale')
    expect(await store.replace(first, second)).toBe(true)
    expect(await store.get([first])).toEqual([second])
    expect(await store.list(group, { limit: 1 })).toEqual({ records: [second], more: false })
    expect(await store.count(group, 0)).toBe(1)
  })

  it.each(methods)('a failure before %s does not reach the inner store, and says so', async (method) => {
    const { inner, reached } = noted()
    const store = faultyStore(inner)
    store.fail(method, 'before')
    const reason = await reasonOf(calls[method](store))
    expect(isNotApplied(reason)).toBe(true)
    expect(reached).toEqual([])
    await calls[method](store)
    expect(reached).toEqual([method])
  })

  it.each(methods)('a failure after %s has reached the inner store', async (method) => {
    const { inner, reached } = noted()
    const store = faultyStore(inner)
    store.fail(method, 'after')
    const reason = await reasonOf(calls[method](store))
    expect(reason).toBeInstanceOf(Error)
    expect(isNotApplied(reason)).toBe(false)
    expect(reached).toEqual([method])
  })

  it('faultyStore fails as many calls of that method as asked for', async () => {
    const store = faultyStore(memoryStore())
    store.fail('insert', 'before', 2)
    expect(await reasonOf(store.insert(first))).toBeInstanceOf(Error)
    expect(await store.get([first])).toEqual([undefined])
    expect(await reasonOf(store.insert(first))).toBeInstanceOf(Error)
    expect(await store.insert(first)).toBe('inserted')
  })

  it('faultyStore fails before and after in this order if both are asked for', async () => {
    const store = faultyStore(memoryStore())
    store.fail('insert', 'after')
    store.fail('insert', 'before')
    expect(isNotApplied(await reasonOf(store.insert(first)))).toBe(true)
    expect(isNotApplied(await reasonOf(store.insert(first)))).toBe(false)
    expect(await store.get([first])).toEqual([first])
  })

  it.each([0, -1, 1.5, Number.NaN])('faultyStore refuses to fail %s times', (times) => {
    const store = faultyStore(memoryStore())
    expect(() => store.fail('get', 'before', times)).toThrow(
      new TypeError(`faultyStore: times: expected an integer of at least 1, received ${times}`),
    )
  })

  it('faultyStore repeats each write until it is healed and returns the first result', async () => {
    const { inner, reached } = noted()
    const store = faultyStore(inner)
    store.repeat('insert')
    store.repeat('replace')
    expect(await store.insert(first)).toBe('inserted')
    expect(await store.replace(first, second)).toBe(true)
    expect(reached).toEqual(['insert', 'insert', 'replace', 'replace'])
    store.heal()
    expect(await store.insert(first)).toBe('exists')
    expect(reached).toHaveLength(5)
  })

  it('faultyStore holds the next call before the inner store until it is released', async () => {
    const { inner, reached } = noted()
    const store = faultyStore(inner)
    const held = store.hold('insert')
    const answer = store.insert(first)
    await held.reached
    expect(reached).toEqual([])
    expect(await store.insert({ ...first, id: 'b' })).toBe('inserted')
    held.release()
    expect(await answer).toBe('inserted')
    expect(reached).toEqual(['insert', 'insert'])
  })

  it('two holds hold two calls and are released in any order', async () => {
    const store = faultyStore(memoryStore())
    const one = store.hold('replace')
    const two = store.hold('replace')
    await store.insert(first)
    const early = store.replace(first, second)
    const late = store.replace(first, { ...first, revision: 'r3' })
    await Promise.all([one.reached, two.reached])
    two.release()
    expect(await late).toBe(true)
    one.release()
    expect(await early).toBe(false)
  })

  it('a hold that is released before the call comes lets it pass', async () => {
    const store = faultyStore(memoryStore())
    store.hold('get').release()
    expect(await store.get([first])).toEqual([undefined])
  })

  it('a held call fails when it continues', async () => {
    const { inner, reached } = noted()
    const store = faultyStore(inner)
    const held = store.hold('insert')
    const reason = reasonOf(store.insert(first))
    await held.reached
    store.fail('insert', 'before')
    held.release()
    expect(isNotApplied(await reason)).toBe(true)
    expect(reached).toEqual([])
  })

  it('heal() ends everything at once: held calls continue and nothing fails', async () => {
    const { inner, reached } = noted()
    const store = faultyStore(inner)
    const held = store.hold('insert')
    store.hold('get')
    store.fail('insert', 'before', 5)
    store.fail('replace', 'after', 5)
    store.repeat('count')
    const answer = store.insert(first)
    await held.reached
    store.heal()
    expect(await answer).toBe('inserted')
    for (const method of methods) await calls[method](store)
    expect(reached).toEqual(['insert', ...methods])
  })

  it('faultyStore leaves watch and close to the inner store', async () => {
    const { inner, reached } = noted()
    const store = faultyStore(inner)
    const told: string[] = []
    const stop = await store.watch?.(({ id }) => told.push(id))
    await store.insert(first)
    await store.replace(first, second)
    expect(told).toEqual(['a'])
    await stop?.()
    await store.close()
    expect(reached.at(-1)).toBe('close')
    const { watch, ...unwatched } = inner
    expect('watch' in faultyStore(unwatched)).toBe(false)
  })
})
