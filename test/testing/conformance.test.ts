import { describe, expect, it } from 'vitest'
import { conformance } from '../../src/testing/index.ts'
import { memoryTarget } from '../support/memory-target.ts'

const [someCase] = conformance

const reasonOf = (run: Promise<void> | undefined): Promise<Error> =>
  run?.then(
    () => expect.fail('the case passed'),
    (reason: Error) => reason,
  ) ?? expect.fail('there is no case')

describe('conformance', () => {
  it('every case has a rule and a name of its own', () => {
    expect(conformance.length).toBeGreaterThan(60)
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
      `${someCase?.rule}: the ids: expected [ 'c', 'b', 'a' ], received [] ` +
        `(case "${someCase?.name}", namespace ${namespaces[0]}, seed 42)`,
    )
    expect(namespaces[0]).toMatch(/^[a-z][a-z0-9]{2,23}$/)
  })

  it('a failure keeps an error of the store as its cause', async () => {
    const cause = new Error('connection refused')
    const { open } = memoryTarget({ database: (inner) => ({ ...inner, get: () => Promise.reject(cause) }) })
    const reason = await reasonOf(someCase?.run({ open }))
    expect(reason.message).toContain(`${someCase?.rule}: expected a result, the store rejected with ${cause}`)
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
