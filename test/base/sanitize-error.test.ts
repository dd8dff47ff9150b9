import { inspect } from 'node:util'
import { describe, expect, it } from 'vitest'
import { AppGrantError, isAppGrantError } from '../../src/index.ts'
import { isNotApplied } from '../../src/store/store.ts'
import { notApplied, sanitizeError } from '../../src/store.ts'

const SECRET = 'hunter2-canary'
const shown = (error: unknown) => inspect(error, { depth: 12, showHidden: true })

/** An error as drivers make them, with a secret in everything that is not needed. */
function driverError(fields: object = {}): Error {
  return Object.assign(new Error('refused'), {
    command: { name: 'auth', args: ['user', SECRET] },
    [Symbol('document')]: { data: SECRET },
    ...fields,
  })
}

describe('sanitizeError', () => {
  it('an error keeps name, message, code, labels and stack, and nothing else (ERR-8)', () => {
    const error = driverError({ name: 'ReplyError', code: 'ECONNREFUSED', errorLabels: ['NoWritesPerformed'] })
    const copy = sanitizeError(error)
    expect(copy).toMatchObject({ name: 'ReplyError', message: 'refused', code: 'ECONNREFUSED' })
    expect(Reflect.ownKeys(copy).sort()).toEqual(['code', 'errorLabels', 'message', 'name', 'stack'])
    expect(copy.stack?.split('\n')[0]).toBe('ReplyError: refused')
    expect(copy.stack).toContain('sanitize-error.test.ts')
    expect(shown(copy)).not.toContain(SECRET)
    expect(error, 'the error itself is not changed').toHaveProperty('command')
  })

  it('the causes of an error are sanitized too, wherever a driver keeps them (ERR-8)', () => {
    const cause = driverError({ message: 'the reason' })
    for (const fields of [{ cause }, { lastNodeError: cause }, { errors: [cause, cause] }]) {
      const copy = sanitizeError(driverError({ cause: driverError(fields) }))
      expect(shown(copy)).not.toContain(SECRET)
      expect(shown(copy)).toContain('the reason')
    }
  })

  it('a chain of causes that ends in itself is cut', () => {
    const error = driverError()
    Object.assign(error, { cause: error })
    let length = 0
    for (let next: unknown = sanitizeError(error); next instanceof Error; next = next.cause) length++
    expect(length).toBe(9)
  })

  it.each([
    ["ERR unknown command 'auth', with args beginning with: 'u' 'SECRET' ", "ERR unknown command 'auth', with args"],
    ['ERR unknown command `AUTH`, with args beginning with: `SECRET`, ', 'ERR unknown command'],
    ["NOPERM User u has no permissions to run the 'evalsha' command", "run the 'evalsha' command"],
    ["NOPERM No permissions to access the key 'ag:SECRET' of it's user", 'NOPERM No permissions'],
    ['not authorized on db to execute command { insert: "apps", documents: [ { data: "SECRET" } ] }', 'not authorized'],
    ['not authorized on db to execute command { insert: "apps", documents: [ { data: "SEC', 'not authorized on db'],
    ['E11000 duplicate key error collection: a.b index: seats dup key: { _id: "SECRET" }', 'index: seats dup key'],
    ['Unexpected token \'x\', "{"secret":SECRET"... is not valid JSON', 'is not valid JSON'],
    ['failed to parse: "a" of { b: "SECRET', 'failed to parse'],
    ['connect failed: postgres://host:SECRET/p@ss@db.example/x refused', 'db.example/x refused'],
    ['invalid input syntax for type integer: "a "quoted" SECRET"', 'invalid input syntax for type integer'],
  ])('the message %j is kept without the values that it quotes (ERR-8)', (message, kept) => {
    const [from, secret] = [message.replace('SECRET', SECRET), 'hunter2']
    const copy = sanitizeError(driverError({ message: from, stack: `Error: ${from}\n    at ${SECRET}` }))
    expect(copy.message).toContain(kept)
    expect(copy.message).not.toContain(secret)
    expect(copy.message).not.toContain('SEC')
    expect(copy.stack?.split('\n')[0]).toBe(`Error: ${copy.message}`)
  })

  it('a line of a message that looks like a frame is not taken for one', () => {
    const message = `failed\n    at ${SECRET} (file.js:1:1)`
    const copy = sanitizeError(
      driverError({ message: '"x"', cause: driverError({ message, stack: `Error: ${message}` }) }),
    )
    expect((copy.cause as Error).stack?.split('\n    at ')).toHaveLength(2)
    expect(sanitizeError(new Error(`"${message}"`)).stack).not.toContain(SECRET)
  })

  it.each([
    'connect ECONNREFUSED 127.0.0.1:6379',
    'getaddrinfo ENOTFOUND redis.internal',
    "READONLY You can't write against a read only replica.",
    'WRONGPASS invalid username-password pair or user is disabled.',
    "the MongoDB collection lacks an index of appgrant: appgrant_groups. Call the store's prepare() once",
  ])('the message "%s" quotes nothing and is kept as it is', (message) => {
    expect(sanitizeError(new Error(message)).message).toBe(message)
  })

  it('a message is cut after 500 characters', () => {
    expect(sanitizeError(new Error('x'.repeat(16_000))).message).toHaveLength(501)
  })

  it('code, labels and name are kept only if they are plain words or numbers (ERR-8)', () => {
    const copy = sanitizeError(
      driverError({ name: `a ${SECRET}`, code: { SECRET }, errorLabels: [SECRET, `a ${SECRET}`] }),
    )
    expect(Object.keys(copy)).toEqual(['errorLabels'])
    expect(copy).toMatchObject({ name: 'Error', errorLabels: [SECRET] })
    expect(sanitizeError(driverError({ code: 11_000 }))).toMatchObject({ code: 11_000 })
  })

  it.each([SECRET, { secret: SECRET }, undefined, null, 5])(
    'a thrown value that is not an error is not shown',
    (value) => {
      expect(shown(sanitizeError(value))).not.toContain(SECRET)
      expect(sanitizeError(value).message).toMatch(/^rejected with a value of type \w+, which is not an Error$/)
    },
  )

  it('an error of appgrant keeps code, details and hint, and an error marked as not applied its mark', () => {
    const error = new AppGrantError('store_unavailable', { message: 'm "x"', hint: 'do "x"', cause: driverError() })
    const copy = sanitizeError(notApplied(error))
    expect(isNotApplied(copy)).toBe(true)
    expect(isAppGrantError(copy.cause, 'store_unavailable')).toBe(true)
    expect(copy.cause).toMatchObject({ message: 'm "x"', hint: 'do "x"', details: {} })
    expect(shown(copy)).not.toContain(SECRET)
  })

  it('a TypeError stays one, because it is about a call and not about the store', () => {
    expect(sanitizeError(new TypeError('kind: expected a name'))).toBeInstanceOf(TypeError)
  })

  it('notApplied sanitizes its cause (ERR-8)', () => {
    expect(shown(notApplied(driverError()))).not.toContain(SECRET)
  })
})
