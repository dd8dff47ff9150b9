import { createHash } from 'node:crypto'

/** A Lua script and the digest by which a server finds it once it has seen it. */
export interface Script {
  readonly source: string
  readonly sha: string
}

/** One run of a script. In a cluster all its keys belong to one slot. */
export interface ScriptCall {
  readonly script: Script
  readonly partition: string
  readonly keys: readonly string[]
  readonly args: readonly (string | number)[]
}

/** How many long expired members a writer removes from a group for each member that it adds. */
const TRIMMED_PER_WRITE = 8

// A group expires with its longest-lived member. A group that holds a member without expiry does not expire and is not
// trimmed. PEXPIRE … GT would do the comparison, but needs Redis 7.
const ENTER = `
-- The TTL of a record: the time until its expiry, plus the slack by which 'expired' is in the past. 'never' is infinite.
local never = math.huge
local function ttlOf(expiresAt, expired)
  if expiresAt == '' then return never end
  return math.max(1, tonumber(expiresAt) - expired)
end

local function set(record, value, ttl, ...)
  if ttl == never then return redis.pcall('SET', record, value, ...) end
  return redis.pcall('SET', record, value, 'PX', ttl, ...)
end

-- Adds members, given as position, id, position, id, …; ttl is that of the longest-lived. Returns nil or the error.
local function enter(group, members, ttl, expired)
  local left = redis.call('PTTL', group)
  local added = redis.pcall('ZADD', group, unpack(members))
  if type(added) == 'table' then return added end
  if ttl == never then
    if left >= 0 then redis.call('PERSIST', group) end
    return
  end
  if left == -2 or (left >= 0 and left < ttl) then redis.call('PEXPIRE', group, ttl) end
  if left >= 0 then
    local old = redis.call('ZRANGEBYSCORE', group, '-inf', expired, 'LIMIT', 0, ${TRIMMED_PER_WRITE} * #members / 2)
    if #old > 0 then redis.call('ZREM', group, unpack(old)) end
  end
end
`

/** The result of INSERT for a record that failed begins with this; the error's text follows. */
export const INSERT_FAILED = '!'

export const INSERT = script(`
-- Inserts records independently: if one fails, the others are not affected.
-- KEYS    the records, then the record of each condition, then the groups that any of the records enters
-- ARGV[1] the number of records
-- ARGV[2] members that expired by this time are removed
-- ARGV[3] the maximum size of the first group, or ''; only with a single record
-- ARGV[4] the number of conditions
-- ARGV    then for each condition: the head that the value of its record must have
-- ARGV    then for each record: value, id, position, expiry or '', the number of its condition or 0
-- ARGV    then for each group: how many of the records enter it, and their numbers
-- Returns for each record 'inserted', 'stale', 'exists', 'full', or ${INSERT_FAILED} and the text of an error
${ENTER}
local records, expired, most, conditions = tonumber(ARGV[1]), tonumber(ARGV[2]), ARGV[3], tonumber(ARGV[4])
local BEFORE, FIELDS = 4 + conditions, 5

-- Keyed by the number of a condition, as text.
local stale = {}
for nth = 1, conditions do
  local head = ARGV[4 + nth]
  if redis.call('GETRANGE', KEYS[records + nth], 0, #head - 1) ~= head then stale[tostring(nth)] = true end
end

if most ~= '' and not stale['1'] then
  if redis.call('EXISTS', KEYS[1]) == 1 then return { 'exists' } end
  if redis.call('ZCARD', KEYS[records + conditions + 1]) >= tonumber(most) then return { 'full' } end
end

local answers = {}
local function failed(reply)
  return '${INSERT_FAILED}' .. reply.err
end

-- All records are written before any group is trimmed: after a deletion, a server over maxmemory would accept them.
for nth = 1, records do
  local arg = BEFORE + FIELDS * (nth - 1)
  if stale[ARGV[arg + 5]] then
    answers[nth] = 'stale'
  else
    local reply = set(KEYS[nth], ARGV[arg + 1], ttlOf(ARGV[arg + 4], expired), 'NX')
    if not reply then
      answers[nth] = 'exists'
    elseif not reply.err then
      answers[nth] = 'inserted'
    else
      -- A server over maxmemory refuses before it looks whether the key exists.
      answers[nth] = redis.call('EXISTS', KEYS[nth]) == 1 and 'exists' or failed(reply)
    end
  end
end

local arg = BEFORE + FIELDS * records + 1
for group = records + conditions + 1, #KEYS do
  local size, members, entered, longest = tonumber(ARGV[arg]), {}, {}, 0
  for which = arg + 1, arg + size do
    local nth = tonumber(ARGV[which])
    if answers[nth] == 'inserted' then
      local at = BEFORE + FIELDS * (nth - 1)
      members[#members + 1] = ARGV[at + 3]
      members[#members + 1] = ARGV[at + 2]
      entered[#entered + 1] = nth
      longest = math.max(longest, ttlOf(ARGV[at + 4], expired))
    end
  end
  local reply = #members > 0 and enter(KEYS[group], members, longest, expired)
  if reply then
    for _, nth in ipairs(entered) do answers[nth] = failed(reply) end
  end
  arg = arg + 1 + size
end
return answers
`)

export const REPLACE = script(`
-- Replaces a record if the stored revision is the expected one, moves it between groups and publishes a hint.
-- KEYS[1] the record, then the groups it leaves, then those it enters or moves in
-- ARGV    the head that the stored value must have, the new value, its id, position, expiry or '',
--         the time by which members must have expired to be removed, the number of groups it leaves, channel, hint
-- Returns 1 if the record was replaced, else 0
${ENTER}
local record = KEYS[1]
local head, value, id, position, expiresAt = ARGV[1], ARGV[2], ARGV[3], ARGV[4], ARGV[5]
local expired, leaving, channel, hint = tonumber(ARGV[6]), tonumber(ARGV[7]), ARGV[8], ARGV[9]
local ttl = ttlOf(expiresAt, expired)
if redis.call('GETRANGE', record, 0, #head - 1) ~= head then return 0 end
-- A server over maxmemory refuses a script whose first write may take memory, but not one that begins with a write that
-- cannot. A deletion would do as well, but in a slot that is moving, a deleted record could not be written here again.
redis.call('PERSIST', record)
local reply = set(record, value, ttl)
if reply.err then return reply end
for group = 2, 1 + leaving do redis.call('ZREM', KEYS[group], id) end
for group = 2 + leaving, #KEYS do
  reply = enter(KEYS[group], { position, id }, ttl, expired)
  if reply then return reply end
end
-- A hint may be lost: a Redis user without the right to publish can still revoke.
redis.pcall('PUBLISH', channel, hint)
return 1
`)

export const PAGE = script(`
-- Returns a part of a group. Members ascend by position, then by id in byte order.
-- KEYS[1] the group
-- ARGV    position and id after which the part begins, or '' and '' for the beginning; the maximum number of members
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
  -- Thousands of members may share a position, so the place among them is found by binary search.
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
