import { describe, expect, it } from 'vitest'
import type { AppUpdate, ExpectedFields } from '../../../src/index.ts'
import { exampleApp } from '../../../src/testing/index.ts'
import { codeOf, refusalOf } from '../../support/code-of.ts'
import { createFixture } from '../../support/fixture.ts'

const READ: ExpectedFields = {
  name: 'Example App',
  homepage: 'https://app.example/',
  adminEmail: 'admin@app.example',
  redirectUrls: ['https://app.example/callback'],
  scopes: ['read'],
}

async function setUp(scopes: readonly string[] = ['read']) {
  const fixture = createFixture()
  const { appgrant, observed } = fixture
  const { app } = await appgrant.apps.register(exampleApp({ owner: 'org', scopes }))
  const update = (change: AppUpdate, expected: ExpectedFields) => appgrant.apps.update(app.key, change, { expected })
  /** What the refusal says has changed, after which nothing was written. */
  const changedOf = async (change: AppUpdate, expected: ExpectedFields) => {
    const before = observed.written.length
    const { code, details } = await refusalOf(update(change, expected))
    expect(code).toBe('conflict')
    expect(observed.written).toHaveLength(before)
    return 'changed' in details ? details.changed : undefined
  }
  return { ...fixture, app, update, changedOf }
}

describe('an update that expects fields as they were read', () => {
  it('is done if they still are (APP-9)', async () => {
    const { app, update } = await setUp()
    const { name, homepage, adminEmail, description, image, adminPhone, redirectUrls, scopes, apiType } = app
    const read = { name, homepage, adminEmail, description, image, adminPhone, redirectUrls, scopes, apiType }
    expect(await update({ description: 'Counts calls.' }, read)).toEqual({ ...app, description: 'Counts calls.' })
    expect(await update({ name: 'New' }, {})).toMatchObject({ name: 'New' })
    expect(await update({ name: 'Newer' }, { scopes: ['read'] })).toMatchObject({ name: 'Newer' })
  })

  it.each<[keyof ExpectedFields, AppUpdate, ExpectedFields[keyof ExpectedFields]]>([
    ['name', { name: 'Theirs' }, READ.name],
    ['homepage', { homepage: 'https://theirs.example/' }, READ.homepage],
    ['adminEmail', { adminEmail: 'theirs@app.example' }, READ.adminEmail],
    ['description', { description: 'Theirs' }, undefined],
    ['image', { image: 'https://theirs.example/i.png' }, ''],
    ['adminPhone', { adminPhone: '+12025550123' }, undefined],
    ['redirectUrls', { redirectUrls: ['https://theirs.example/'] }, READ.redirectUrls],
    ['scopes', { scopes: ['write', 'read'] }, READ.scopes],
    ['apiType', { apiType: 'unified' }, undefined],
  ])('is a conflict if another one has changed %s, and changes nothing (APP-9)', async (field, theirs, read) => {
    const { appgrant, app, changedOf } = await setUp()
    const after = await appgrant.apps.update(app.key, theirs)
    const mine: AppUpdate = field === 'name' ? { homepage: 'https://mine.example/' } : { name: 'Mine' }
    expect(await changedOf(mine, { [field]: read })).toEqual([field])
    expect(await changedOf({ ...mine, [field]: READ[field] ?? '' }, { ...READ, [field]: read })).toEqual([field])
    expect(await appgrant.apps.get(app.key)).toEqual(after)
  })

  it('a list that is expected to be absent is empty, and the reverse', async () => {
    const { update } = await setUp([])
    expect(await codeOf(update({ name: 'Mine' }, { scopes: undefined }))).toBe('ok')
    expect(await codeOf(update({ name: 'Mine' }, { scopes: [], description: '', image: undefined }))).toBe('ok')
    expect(await codeOf(update({ name: 'Mine' }, { redirectUrls: undefined }))).toBe('conflict')
  })

  it('names every field that is not as expected, also one that was cleared or put in another order', async () => {
    const { appgrant, app, changedOf } = await setUp()
    await appgrant.apps.update(app.key, { description: 'x', scopes: ['write', 'read'] })
    const expected = { name: 'Example App', description: undefined, scopes: ['read', 'write'] }
    expect(await changedOf({ name: 'Mine' }, expected)).toEqual(['description', 'scopes'])
    await appgrant.apps.update(app.key, { description: '' })
    expect(await changedOf({ name: 'Mine' }, { description: 'x' })).toEqual(['description'])
  })

  it('may be repeated after an unknown outcome (REV-6, REV-7)', async () => {
    const { store, update } = await setUp()
    store.fail('replace', 'after')
    expect(await codeOf(update({ name: 'New', scopes: [] }, READ))).toBe('outcome_unknown')
    expect(await update({ name: 'New', scopes: [] }, READ)).toMatchObject({ name: 'New', scopes: [] })
  })

  it('is decided by what is stored when it is written, not before (REV-1)', async () => {
    const { appgrant, store, app, update } = await setUp()
    const held = store.hold('replace')
    const mine = codeOf(update({ name: 'Mine' }, { name: 'Example App' }))
    await held.reached
    await appgrant.apps.update(app.key, { name: 'Theirs' })
    held.release()
    expect(await mine).toBe('conflict')
    expect(await appgrant.apps.get(app.key)).toMatchObject({ name: 'Theirs' })
  })

  it('is written if only other fields change meanwhile (REV-1)', async () => {
    const { appgrant, store, app, update } = await setUp()
    const held = store.hold('replace')
    const mine = update({ name: 'Mine' }, { name: 'Example App' })
    await held.reached
    await appgrant.apps.update(app.key, { description: 'Theirs' })
    held.release()
    expect(await mine).toMatchObject({ name: 'Mine', description: 'Theirs' })
  })

  it('does not change for its caller while it is under way', async () => {
    const { store, update } = await setUp()
    const scopes = ['read']
    const held = store.hold('get')
    const mine = update({ name: 'Mine' }, { scopes })
    await held.reached
    scopes.push('write')
    held.release()
    expect(await mine).toMatchObject({ name: 'Mine' })
  })

  it.each<[string, unknown, string]>([
    ['a member that is no field', { trusted: true }, 'expected.trusted: unknown member'],
    ['a name of RFC 7591', { client_name: 'x' }, 'expected.client_name: unknown member, expected name'],
    ['a value of another type', { name: 5 }, 'expected.name: expected the value of the field as it was read'],
    ['a list of something else', { scopes: [5] }, 'expected.scopes: expected the value'],
    ['nothing', null, 'expected: expected an object'],
    ['a Map', new Map([['name', 'x']]), 'expected: expected a plain object'],
  ])('is refused if it expects %s (ERR-6)', async (_, expected, message) => {
    const { appgrant, app, observed } = await setUp()
    const reads = observed.calls.get
    const refusal = await refusalOf(
      appgrant.apps.update(app.key, { name: 'Mine' }, { expected: expected as ExpectedFields }),
    )
    expect(refusal.code).toBe('invalid_request')
    expect(refusal.message).toContain(message)
    expect(observed.calls.get).toBe(reads)
  })

  it('reports invalid fields and a higher suspension first', async () => {
    const { appgrant, app, update } = await setUp()
    expect(await codeOf(update({ name: '' }, { name: 'Other' }))).toBe('invalid_fields')
    await appgrant.apps.suspend(app.key)
    const mine = appgrant.as('org').apps.update(app.key, { name: 'Mine' }, { expected: { name: 'Other' } })
    expect(await codeOf(mine)).toBe('suspended_above')
  })
})
