import { describe, expect, it } from 'vitest'
import { createBackground } from '../../src/base/background.ts'

describe('background work', () => {
  it('does nothing until it is closed or some seconds have passed, and each task of a name once (APP-13)', async () => {
    const background = createBackground({ timeoutMs: 1000 })
    const done: string[] = []
    const add = (name: string) => background.add(name, async () => void done.push(name))
    for (const name of ['a', 'b', 'a']) add(name)
    await Promise.resolve()
    expect(done).toEqual([])
    await background.close()
    expect(done).toEqual(['a', 'b'])
    add('a')
    await background.close()
    expect(done).toEqual(['a', 'b', 'a'])
  })

  it('a task that fails stops no other one, and close does not reject (APP-13)', async () => {
    const background = createBackground({ timeoutMs: 1000 })
    let done = 0
    background.add('fails', () => Promise.reject(new Error('the store is down')))
    for (let n = 0; n < 50; n++) background.add(`${n}`, async () => void done++)
    await background.close()
    expect(done).toBe(50)
  })

  it('close resolves at its deadline although a task never ends', async () => {
    const background = createBackground({ timeoutMs: 10 })
    background.add('hangs', () => new Promise(() => {}))
    await background.close()
  })

  it('the number of waiting tasks is bounded (ERR-7)', async () => {
    const background = createBackground({ timeoutMs: 60_000 })
    let done = 0
    for (let n = 0; n < 20_000; n++) background.add(`${n}`, async () => void done++)
    await background.close()
    expect(done).toBe(10_000)
  })
})
