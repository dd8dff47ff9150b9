import { describe, expect, it } from 'vitest'
import { keyspace, name } from '../../../adapters/redis/keys.ts'
import { redisStore } from '../../../adapters/redis/redis-store.ts'

const HOSTILE = [
  '',
  ' ',
  'a:b',
  'a{b',
  'a}b',
  '*',
  'a\r\nSET x y',
  'a\0b',
  'a/b',
  'ü',
  'a b',
  `${'x'.repeat(201)}`,
  'x'.repeat(10_240),
]

describe('Redis keys', () => {
  const keys = keyspace('ns')

  it('a key has the partition as its hash tag and distinguishes a record from a group', () => {
    expect(keys.record({ kind: 't', partition: 'Ab', id: 'x-1' })).toBe('ns:{Ab}:t:x-1')
    expect(keys.group({ kind: 't', partition: 'Ab', group: 'x-1' })).toBe('ns:{Ab}:t/x-1')
  })

  it('a key never contains a name outside the alphabet, which could reach another namespace, slot or kind (S43)', () => {
    for (const hostile of HOSTILE) {
      expect(() => keys.record({ kind: hostile, partition: 'p', id: 'i' })).toThrow(TypeError)
      expect(() => keys.record({ kind: 'k', partition: hostile, id: 'i' })).toThrow(TypeError)
      expect(() => keys.record({ kind: 'k', partition: 'p', id: hostile })).toThrow(TypeError)
      expect(() => keys.group({ kind: 'k', partition: 'p', group: hostile })).toThrow(TypeError)
    }
  })

  it('a name that is not a string is refused, even if its toString returns a valid one (S40)', () => {
    for (const value of [undefined, null, 1, ['a'], { toString: () => 'a' }, Object('a')]) {
      expect(() => name(value as string)).toThrow(TypeError)
    }
  })

  it('the error about a hostile name does not repeat the name', () => {
    expect(() => name('a secret, by mistake')).toThrow(
      /^a name in a record: expected .* received a string of 20 characters$/,
    )
  })
})

describe('redisStore options', () => {
  const client = { duplicate: () => expect.fail('connects at first use, not before') }

  it('a namespace outside the alphabet is refused', () => {
    for (const namespace of HOSTILE.filter((each) => each.length !== 201)) {
      expect(() => redisStore({ client, namespace })).toThrow(
        /^redisStore: namespace: expected 1 to 64 characters of A-Za-z0-9\._-/,
      )
    }
    expect(() => redisStore({ client, namespace: 'x'.repeat(64) })).not.toThrow()
  })

  it('a client that is not an ioredis client is refused', () => {
    for (const given of [undefined, null, {}, 'redis://127.0.0.1']) {
      expect(() => redisStore({ client: given as never })).toThrow(
        /^redisStore: client: expected a Redis or Cluster of ioredis/,
      )
    }
  })

  it('durability requires at least one replica and one millisecond, because WAIT takes 0 as no limit', () => {
    for (const wrong of [0, -1, 1.5, Number.NaN, '1' as never]) {
      expect(() => redisStore({ client, durability: { replicas: wrong, timeoutMs: 100 } })).toThrow(
        /^redisStore: durability\.replicas/,
      )
      expect(() => redisStore({ client, durability: { replicas: 1, timeoutMs: wrong } })).toThrow(
        /^redisStore: durability\.timeoutMs/,
      )
    }
  })
})
