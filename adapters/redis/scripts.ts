import { createHash } from 'node:crypto'

/** A Lua script and the digest by which a server that has seen it finds it. */
export interface Script {
  readonly source: string
  readonly sha: string
}

/** One run of a script. All its keys belong to one slot, unless the server is no cluster. */
export interface ScriptCall {
  readonly script: Script
  readonly partition: string
  readonly keys: readonly string[]
  readonly args: readonly (string | number)[]
}

/** How many members that expired a writer takes out of each group it enters. */
const TRIMMED_PER_WRITE = 8

// A group expires with its longest-lived member; one that holds a member without expiry does not expire and is not trimmed.
// PEXPIRE … GT would compare by itself, but needs Redis 7.
const ENTER = `
local function enter(group, position, id, ttl, expired)
  local left = redis.call('PTTL', group)
  redis.call('ZADD', group, position, id)
  if ttl == '' then
    if left >= 0 then redis.call('PERSIST', group) end
    return
  end
  if left == -2 or (left >= 0 and left < tonumber(ttl)) then redis.call('PEXPIRE', group, ttl) end
  if left >= 0 then
    local members = redis.call('ZRANGEBYSCORE', group, '-inf', expired, 'LIMIT', 0, ${TRIMMED_PER_WRITE})
    if #members > 0 then redis.call('ZREM', group, unpack(members)) end
  end
end

local function set(record, value, ttl)
  if ttl == '' then redis.call('SET', record, value) else redis.call('SET', record, value, 'PX', ttl) end
end
`

/** The answer of INSERT for a record that failed begins with this; the error's text follows. */
export const INSERT_FAILED = '!'

export const INSERT = script(`
-- Inserts records, each by itself: one that fails does not touch the others.
-- KEYS    for each record: its own key, then the keys of its groups
-- ARGV[1] members at or below this position expired long ago
-- ARGV    then for each record: value, TTL in ms or '', id, position, number of groups,
--         which of the groups is limited or 0, how many members that one may hold
-- Returns for each record 'inserted', 'exists', 'full', or ${INSERT_FAILED} and the text of an error
${ENTER}
local expired = ARGV[1]

local function insert(key, arg)
  local record = KEYS[key]
  local value, ttl, id, position = ARGV[arg], ARGV[arg + 1], ARGV[arg + 2], ARGV[arg + 3]
  local groups, limited, most = tonumber(ARGV[arg + 4]), tonumber(ARGV[arg + 5]), tonumber(ARGV[arg + 6])
  -- Asked by itself, not by SET … NX: over its maxmemory a server refuses to look.
  if redis.call('EXISTS', record) == 1 then return 'exists' end
  if limited > 0 and redis.call('ZCARD', KEYS[key + limited]) >= most then return 'full' end
  -- The record is written before anything is trimmed: behind a deletion a server over its maxmemory would let it pass.
  set(record, value, ttl)
  for group = 1, groups do enter(KEYS[key + group], position, id, ttl, expired) end
  return 'inserted'
end

local answers = {}
local key, arg = 1, 2
while arg <= #ARGV do
  local ok, answer = pcall(insert, key, arg)
  if not ok then answer = '${INSERT_FAILED}' .. (type(answer) == 'table' and answer.err or tostring(answer)) end
  answers[#answers + 1] = answer
  key = key + 1 + tonumber(ARGV[arg + 4])
  arg = arg + 7
end
return answers
`)

export const REPLACE = script(`
-- Replaces a record where the stored revision is the expected one, moves it between groups and publishes a hint.
-- KEYS[1] the record, then the groups it leaves, then those it enters or moves in
-- ARGV    the head that the stored value must have, the new value, its TTL in ms or '', id, position,
--         how many groups are left, members at or below this position expired long ago, channel, hint
-- Returns 1 where it was replaced, else 0
${ENTER}
local record = KEYS[1]
local head, value, ttl, id, position = ARGV[1], ARGV[2], ARGV[3], ARGV[4], ARGV[5]
local leaving, expired, channel, hint = tonumber(ARGV[6]), ARGV[7], ARGV[8], ARGV[9]
if redis.call('GETRANGE', record, 0, #head - 1) ~= head then return 0 end
-- A server over its maxmemory refuses a script whose first write may take memory, and runs on behind one that may not. A
-- deletion would do as well, but in a slot that is moving the record, once gone, could not be written again on this side.
redis.call('PERSIST', record)
set(record, value, ttl)
for group = 2, 1 + leaving do redis.call('ZREM', KEYS[group], id) end
for group = 2 + leaving, #KEYS do enter(KEYS[group], position, id, ttl, expired) end
-- A hint may be lost: a user who may not publish still revokes.
redis.pcall('PUBLISH', channel, hint)
return 1
`)

export const PAGE = script(`
-- Finds a part of a group: members ascend by position, then by id in byte order.
-- KEYS[1] the group
-- ARGV    position and id of the place behind which the part begins, or '' and '' for the beginning; how many members
-- Returns id, position, id, position, …
local group = KEYS[1]
local position, id, most = ARGV[1], ARGV[2], tonumber(ARGV[3])

-- Lua's own comparison follows the server's locale.
local function behind(member)
  for i = 1, math.min(#member, #id) do
    local a, b = string.byte(member, i), string.byte(id, i)
    if a ~= b then return a > b end
  end
  return #member > #id
end

local start = 0
if position ~= '' then
  -- Thousands may share a position: the place among them is found by halving, not by walking.
  start = redis.call('ZCOUNT', group, '-inf', '(' .. position)
  local stop = redis.call('ZCOUNT', group, '-inf', position)
  while start < stop do
    local middle = math.floor((start + stop) / 2)
    if behind(redis.call('ZRANGE', group, middle, middle)[1]) then stop = middle else start = middle + 1 end
  end
end
return redis.call('ZRANGE', group, start, start + most - 1, 'WITHSCORES')
`)

function script(source: string): Script {
  return { source, sha: createHash('sha1').update(source).digest('hex') }
}
