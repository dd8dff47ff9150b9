import type { Redis } from 'ioredis'

/**
 * Returns a function that drops what these servers would have dropped by a time: it shortens the times to live of all keys of a
 * namespace by what lies between.
 */
export function redisSweep(servers: () => readonly Redis[]): (namespace: string, now: number) => Promise<void> {
  const passed = new Map<string, number>()
  return async (namespace, now) => {
    const more = now - Date.now() - (passed.get(namespace) ?? 0)
    if (more <= 0) return
    passed.set(namespace, now - Date.now())
    for (const client of servers()) {
      if (String(await client.info('replication')).includes('role:slave')) continue
      await client.eval(SHORTEN, 0, `${namespace}:*`, more)
    }
  }
}

const SHORTEN = `
local cursor = '0'
repeat
  local found = redis.call('SCAN', cursor, 'MATCH', ARGV[1], 'COUNT', 1000)
  cursor = found[1]
  for _, key in ipairs(found[2]) do
    local left = redis.call('PTTL', key)
    if left >= 0 then redis.call('PEXPIRE', key, left - tonumber(ARGV[2])) end
  end
until cursor == '0'
`
