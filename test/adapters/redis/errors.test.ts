import { describe, expect, it } from 'vitest'
import { gaveUp, refusalIn, translated } from '../../../adapters/redis/errors.ts'
import { isNotApplied } from '../../../src/store/store.ts'

const NOT_APPLIED = {
  MOVED: 'MOVED 3999 127.0.0.1:6381',
  ASK: 'ASK 3999 127.0.0.1:6381',
  TRYAGAIN: 'TRYAGAIN Multiple keys request during rehashing of slot',
  CLUSTERDOWN: 'CLUSTERDOWN Hash slot not served',
  NOSCRIPT: 'NOSCRIPT No matching script. Please use EVAL.',
  READONLY: "READONLY You can't write against a read only replica.",
  LOADING: 'LOADING Redis is loading the dataset in memory',
  MASTERDOWN: 'MASTERDOWN Link with MASTER is down and replica-serve-stale-data is set to "no".',
  BUSY: 'BUSY Redis is busy running a script. You can only call SCRIPT KILL or SHUTDOWN NOSAVE.',
  NOAUTH: 'NOAUTH Authentication required.',
  NOPERM: "NOPERM this user has no permissions to run the 'evalsha' command",
  OOM: "OOM command not allowed when used memory > 'maxmemory'. script: 5f2d, on @user_script:28.",
  MISCONF: 'MISCONF Redis is configured to save RDB snapshots, but it is currently unable to persist to disk.',
  NOREPLICAS: 'NOREPLICAS Not enough good replicas to write.',
}
const UNKNOWN = [
  'Connection is closed.',
  'Command aborted due to connection close',
  'Reached the max retries per request limit (which is 0). Refer to "maxRetriesPerRequest" option for details.',
  "Socket timeout. Expecting data, but didn't receive any in 2000ms.",
  'WRONGTYPE Operation against a key holding the wrong kind of value script: 5f2d, on @user_script:6.',
  'ERR ACL failure in script: User u has no permissions to run the "zadd" command',
  'UNKILLABLE Sorry the script already executed write commands against the dataset.',
  'Too many Cluster redirections. Last error: Error: Connection is closed.',
  'MOVEDX 1',
  '',
]

describe('error replies of Redis and of ioredis', () => {
  it.each(Object.entries(NOT_APPLIED))('a reply of %s means that nothing was executed', (code, message) => {
    for (const text of [
      message,
      `Too many Cluster redirections. Last error: ReplyError: ${message}`,
      `ERR Error running script (call to f_5f2d): @user_script:28: @user_script: 28: -${message}`,
      `@user_script: 28: -${message}\n`,
    ]) {
      expect(refusalIn(new Error(text)), text).toBe(code)
      expect(isNotApplied(translated(new Error(text)))).toBe(true)
    }
  })

  it.each(UNKNOWN)('the error "%s" leaves the outcome unknown', (message) => {
    const error = new Error(message)
    expect(translated(error)).toBe(error)
    expect(isNotApplied(error)).toBe(false)
  })

  it('gaveUp recognizes the error of a driver that stopped following cluster redirections', () => {
    expect(gaveUp(new Error('Too many Cluster redirections. Last error: ReplyError: MOVED 1 a:1'))).toBe(true)
    expect(gaveUp(new Error('MOVED 1 a:1'))).toBe(false)
  })
})
