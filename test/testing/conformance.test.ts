import { describe, expect, it } from 'vitest'
import { notApplied } from '../../src/store.ts'
import { type ConformanceTarget, conformance, conformanceSummary } from '../../src/testing/index.ts'
import { memoryTarget } from '../support/memory-target.ts'

const [someCase] = conformance

const caseNamed = (name: string) => conformance.find((one) => one.name === name) ?? expect.fail(`no case ${name}`)
const failureOf = (name: string, target: ConformanceTarget) => reasonOf(caseNamed(name).run(target))

const reasonOf = (run: Promise<unknown> | undefined): Promise<Error> =>
  run?.then(
    () => expect.fail('the case passed'),
    (reason: Error) => reason,
  ) ?? expect.fail('there is no case')

describe('conformance', () => {
  it('every case has a rule and a name of its own', () => {
    expect(conformance.length).toBeGreaterThan(110)
    expect(new Set(conformance.map(({ name }) => name)).size).toBe(conformance.length)
    expect(new Set(conformance.map(({ rule }) => rule)).size).toBe(conformance.length)
  })

  it('a failure names the rule, what was expected and received, the case, the namespace and the seed', async () => {
    const { open } = memoryTarget({ database: (inner) => ({ ...inner, get: async () => [] }) })
    const namespaces: string[] = []
    const target = {
      seed: 42,
      open: (namespace: string) => {
        namespaces.push(namespace)
        return open(namespace)
      },
    }
    const { message } = await reasonOf(someCase?.run(target))
    expect(message).toBe(
      `${someCase?.rule}: the ids: expected [ 'c', 'b', 'a' ], received []; the last calls: ` +
        'insert of thing/p0/b; insert of thing/p1/c; get of thing/p1/c, thing/p0/b, thing/p0/a ' +
        `(case "${someCase?.name}", namespace ${namespaces[0]}, seed 42)`,
    )
    expect(namespaces[0]).toMatch(/^[a-z][a-z0-9]{2,23}$/)
  })

  it('a failure keeps an error of the store as its cause', async () => {
    const cause = new Error('connection refused')
    const { open } = memoryTarget({ database: (inner) => ({ ...inner, get: () => Promise.reject(cause) }) })
    const reason = await reasonOf(someCase?.run({ open }))
    const rejected =
      /: expected a result, get of thing\/p1\/c, thing\/p0\/b, thing\/p0\/a rejected with Error: connection refused/
    expect(reason.message.slice(0, someCase?.rule.length)).toBe(someCase?.rule)
    expect(reason.message).toMatch(rejected)
    expect(reason.cause).toBe(cause)
  })

  it.each([true, false])('every store that a case opened is closed, whether the case passes: %s', async (passes) => {
    let open = 0
    const { open: openNode } = memoryTarget(passes ? {} : { database: (inner) => ({ ...inner, get: async () => [] }) })
    const counting = async (namespace: string) => {
      const store = await openNode(namespace)
      open++
      let closed = false
      const close = async () => {
        if (!closed) open--
        closed = true
        await store.close()
      }
      return { ...store, close }
    }
    for (const { run } of conformance) await run({ open: counting }).catch(() => {})
    expect(open).toBe(0)
  })

  it('a failure names the causes of an error, even of one that says that nothing was executed', async () => {
    const cause = notApplied(new Error('not primary', { cause: new Error('stepping down') }))
    const { open } = memoryTarget({ database: (inner) => ({ ...inner, get: () => Promise.reject(cause) }) })
    const { message } = await reasonOf(someCase?.run({ open }))
    expect(message).toContain('caused by Error: not primary, caused by Error: stepping down')
  })

  it('records that cannot be stored for a case are reported as a failed preparation, with the ref', async () => {
    const { open } = memoryTarget({ database: (inner) => ({ ...inner, insert: async () => 'exists' }) })
    const { message } = await failureOf('get keeps the order of the refs', { open })
    const failed = "not checked, because its preparation failed: insert at the free ref thing/p0/a: expected 'inserted'"
    expect(message).toContain(`${someCase?.rule}: ${failed}, received 'exists'`)
  })

  it('a target that cannot be opened is reported as a failed preparation', async () => {
    const refused = new Error('no such host')
    const { message } = await reasonOf(someCase?.run({ open: () => Promise.reject(refused) }))
    expect(message).toMatch(
      /preparation failed: open\(kit[0-9a-f]{16}\) of the target rejected with Error: no such host/,
    )
  })

  it('a target with one database for all namespaces is reported as such', async () => {
    const { open } = memoryTarget()
    const shared = { open: () => open('one') }
    for (const { run } of conformance) await run(shared).catch(() => {})
    const { message } = await failureOf('get keeps the order of the refs', shared)
    expect(message).toContain('not checked, because open() of the target returns one database for different namespaces')
  })

  it('a failure of a race names the round', async () => {
    const { open } = memoryTarget({ database: (inner) => ({ ...inner, count: async () => 0 }) })
    const { message } = await failureOf('limit under parallel inserts', { open, seed: 7 })
    expect(message).toContain(
      'in round 1 of 70: the number of members of thing/p0/owner1 with a limit of 16: expected 16',
    )
  })

  it('texts that look alike are told apart by escapes, and long ones by their first difference', async () => {
    const database = (change: (data: string) => string) =>
      memoryTarget({
        database: (inner) => ({
          ...inner,
          insert: (one, options) => inner.insert({ ...one, data: change(one.data) }, options),
        }),
      })
    const twins = await failureOf(
      'data is never interpreted',
      database((data) => data.normalize('NFC')),
    )
    expect(twins.message).toContain(
      'expected \'"NFC e\\u{301} s\\u{323}\\u{307}"\', received \'"NFC \\u{e9} \\u{1e69}"\'',
    )
    const cut = await failureOf(
      'data of 256 kB',
      database((data) => data.slice(0, 200_000)),
    )
    expect(cut.message).toContain("at character 200000: expected 'xxxxxxxxxxxxxxxxxxxxxxxx' (of 262002 characters)")
    expect(cut.message.length).toBeLessThan(500)
  })

  it('of long lists a failure names the first difference and what is missing', async () => {
    const { open } = memoryTarget({
      database: (inner) => ({ ...inner, list: (group, page) => inner.list(group, { ...page, limit: 500 }) }),
    })
    const { message } = await failureOf('list pages through one position', { open })
    expect(message).toContain('expected [ 60, 60, 60, 60, 10 ], received [ 250 ]')
    const { message: pages } = await failureOf('pages of 1000 records', { open })
    expect(pages.length).toBeLessThan(500)
  })

  it('a missing record is named, not compared as a number', async () => {
    const { open } = memoryTarget({
      node: (inner) => ({
        ...inner,
        get: async (refs) => (refs.length === 2 ? [undefined, undefined] : inner.get(refs)),
      }),
    })
    const { message } = await failureOf('get reads one partition at one instant', { open })
    expect(message).toContain('expected a record at thing/p0/first, received [ undefined, undefined ]')
  })

  it('what a target cannot do is not tried, and the summary of a run lists it with the rounds and stores', async () => {
    const { open } = memoryTarget({ node: ({ conditionalInserts, watch, ...inner }) => inner })
    const results = await Promise.all(conformance.map(({ run }) => run({ open })))
    const reasons = new Set(results.flatMap(({ notTried }) => notTried ?? []))
    expect([...reasons].toSorted()).toEqual([
      'the store has no conditionalInserts',
      'the store has no time',
      'the store has no watch',
      'the target has no break and restore',
      'the target has no process',
      'the target has no sweep',
    ])
    const summary = conformanceSummary(results)
    expect(summary).toMatch(/^\d+ cases of the conformance kit passed, 28 were not tried\.\n/)
    expect(summary).toMatch(
      /\n\d races had at least 66 rounds on warm connections: one that shows in every tenth round/,
    )
    expect(summary).toMatch(/\nA case had at most [23] stores open at once\.\n/)
    expect(summary).toContain(
      '\nNot tried, because the target has no process: the process ends after close; the process survives',
    )
  })

  const { open } = memoryTarget()
  it.each<[string, unknown, RegExp]>([
    ['nothing', undefined, /^run: target: expected an object with open\(namespace\).*, received nothing$/],
    ['without open', {}, /^run: target: expected an object with open/],
    ['a misspelt ability', { open, sweeep: async () => {} }, /^run: target: sweeep: unknown member, expected sweep/],
    ['break without restore', { open, break: async () => {} }, /^run: restore: expected a function, because break and/],
    ['restore without break', { open, restore: async () => {} }, /^run: break: expected a function, because break and/],
    ['an ability that is no function', { open, sweep: true }, /^run: sweep: expected a function, received/],
    ['a seed that is no number', { open, seed: 'x' }, /^run: seed: expected the whole number/],
    ['a path as process', { open, process: './x.mjs' }, /^run: process: expected a plain object of module, execArgv/],
    [
      'a path as module',
      { open, process: { module: './x.mjs' } },
      /^run: process.module: expected a URL, such as new URL/,
    ],
    [
      'a misspelt module',
      { open, process: { modul: 'file:///x.mjs' } },
      /^run: process.modul: unknown option, expected module/,
    ],
  ])('a target that is %s is a TypeError that names it (ERR-6)', async (_, target, message) => {
    const error = await reasonOf(someCase?.run(target as ConformanceTarget))
    expect(error).toBeInstanceOf(TypeError)
    expect(error.message).toMatch(message)
  })

  it('a target may have members of its own, and a URL as module', async () => {
    const target = { open, client: {}, process: { module: new URL('file:///x.mjs') } }
    await expect(someCase?.run(target)).resolves.toMatchObject({ name: someCase?.name })
  })

  it.each([[undefined], [{ get() {} }]])('a target whose open resolves to %o is reported as such', async (opened) => {
    const target = { open: async () => opened } as unknown as ConformanceTarget
    expect((await reasonOf(someCase?.run(target))).message).toMatch(/of the target resolved to .*, expected a store/)
  })

  it('a summary of nothing is a TypeError (ERR-6)', () => {
    expect(() => conformanceSummary(undefined as never)).toThrow(/^conformanceSummary: results: expected an array/)
  })

  it('a case fails if its store cannot be closed', async () => {
    const { open } = memoryTarget({
      node: (inner) => ({ ...inner, close: () => Promise.reject(new Error('still busy')) }),
    })
    expect((await reasonOf(someCase?.run({ open }))).message).toContain('still busy')
  })

  it('all cases run at once on one target', async () => {
    const target = memoryTarget()
    await Promise.all(conformance.map(({ run }) => run(target)))
  })

  it('no namespace is used twice', async () => {
    const namespaces: string[] = []
    const { open } = memoryTarget()
    const target = {
      open: (namespace: string) => {
        namespaces.push(namespace)
        return open(namespace)
      },
    }
    await someCase?.run(target)
    await someCase?.run(target)
    expect(new Set(namespaces).size).toBe(2)
  })
})
