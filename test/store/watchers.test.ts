import { expect, it } from 'vitest'
import { createWatchers, type RecordRef } from '../../src/store.ts'

const ref = { kind: 'app', partition: 'p0', id: 'a' }

it('a watcher that throws ends neither the round of hints nor the call that notifies', () => {
  const watchers = createWatchers()
  const heard: RecordRef[] = []
  watchers.add(() => {
    throw new Error('this watcher throws')
  })
  watchers.add((one) => void heard.push(one))
  watchers.notify(ref)
  expect(heard).toEqual([ref])
})

it('the same function added twice is two watchers, which are stopped separately', async () => {
  const watchers = createWatchers()
  let hints = 0
  const changed = () => void hints++
  const stop = watchers.add(changed)
  watchers.add(changed)
  watchers.notify(ref)
  await stop()
  await stop()
  watchers.notify(ref)
  expect(hints).toBe(3)
  watchers.clear()
  watchers.notify(ref)
  expect(hints).toBe(3)
})
