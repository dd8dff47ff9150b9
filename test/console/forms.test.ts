import { describe, expect, it } from 'vitest'
import { type AppValues, changesOf, NEW_APP, snapshotOf } from '../../src/console/forms/app-values.ts'
import { readAppValues, readJwks, readNewApp, readSnapshot, rearranged } from '../../src/console/forms/read-app.ts'
import { MAX_FORM_BYTES, readForm, selection } from '../../src/console/forms/read-form.ts'
import { fetchRequest } from '../../src/http/wire/request.ts'

const stored: AppValues = { ...NEW_APP, name: 'Call Reports', redirectUrls: ['https://a.example/'], scopes: ['read'] }
const was = snapshotOf(stored)

describe('what a form of an app changes', () => {
  it('is only what was typed otherwise than it is stored', () => {
    expect(changesOf({ was, stored, typed: { ...stored, name: 'Reports' } })).toEqual({
      changed: { name: 'Reports' },
      conflicts: [],
    })
    expect(changesOf({ was, stored, typed: stored })).toEqual({ changed: {}, conflicts: [] })
  })

  it('leaves what somebody else has saved meanwhile in a field that nobody typed into', () => {
    const now = { ...stored, description: 'New', redirectUrls: ['https://b.example/'] }
    expect(changesOf({ was, stored: now, typed: { ...stored, name: 'Reports' } })).toEqual({
      changed: { name: 'Reports' },
      conflicts: [],
    })
  })

  it('is a conflict if both typed otherwise, and none if both typed the same', () => {
    const now = { ...stored, name: 'Statistics', scopes: ['read', 'write'] }
    const typed = { ...stored, name: 'Reports', scopes: ['read', 'write'] }
    expect(changesOf({ was, stored: now, typed }).conflicts).toEqual([
      { field: 'name', stored: ['Statistics'], typed: ['Reports'] },
    ])
  })

  it('a list is not the same as its entries joined', () => {
    const joined = { ...stored, redirectUrls: ['https://a.example/,https://b.example/'] }
    const two = { ...stored, redirectUrls: ['https://a.example/', 'https://b.example/'] }
    expect(snapshotOf(joined).redirectUrls).not.toBe(snapshotOf(two).redirectUrls)
  })

  it('a form without digests is in conflict with everything it changes', () => {
    const typed = { ...stored, name: 'Reports' }
    expect(changesOf({ was: readSnapshot(new URLSearchParams()), stored, typed }).conflicts).toHaveLength(1)
  })
})

describe('reading the form of an app', () => {
  it('takes lists from repeated fields', () => {
    const form = new URLSearchParams(
      'redirectUrls=https://a.example/&redirectUrls=&redirectUrls=+&scopes=read&scopes=&scopes=a&description=1%0D%0A2',
    )
    const values = readAppValues(form)
    expect(values.redirectUrls).toEqual(['https://a.example/'])
    expect(values.scopes).toEqual(['read', 'a'])
    expect(values.description).toBe('1\n2')
  })

  it('trusts nothing that is not the literal value of the box', () => {
    const read = (query: string) => readNewApp(new URLSearchParams(query))
    expect(['trusted=yes', 'trusted=on', ''].map((query) => read(query).trusted)).toEqual([true, false, false])
    expect(['authentication=none', 'authentication=toString'].map((query) => read(query).authentication)).toEqual([
      'none',
      'secret',
    ])
  })

  it('brings the form back with one more URL, or with the canonical form of one', () => {
    const read = (query: string) => {
      const form = new URLSearchParams(query)
      return rearranged(form, readAppValues(form))?.redirectUrls
    }
    expect(read('redirectUrls=a')).toBeUndefined()
    expect(read('redirectUrls=a&more=redirect')).toEqual(['a', ''])
    expect(read('redirectUrls=a&redirectUrls=B&fix-1=b&more=fix-1')).toEqual(['a', 'b'])
    expect(read('redirectUrls=a&fix-7=b&more=fix-7')).toEqual(['a'])
    expect(read('redirectUrls=a&more=__proto__')).toEqual(['a'])
  })

  it('reads a JWK set, and nothing else', () => {
    expect(readJwks('{"keys":[{"kty":"EC"}]}')).toEqual([{ kty: 'EC' }])
    expect(['', '[]', 'null', '{"keys":{}}', '{"kty":"EC"}'].map(readJwks)).toEqual([
      undefined,
      undefined,
      undefined,
      undefined,
      undefined,
    ])
  })
})

describe('reading a form', () => {
  const send = (body: BodyInit, headers: Record<string, string> = {}) =>
    readForm(
      fetchRequest(
        new Request('https://login.example/', {
          method: 'POST',
          body,
          headers: { 'content-type': 'application/x-www-form-urlencoded; charset=UTF-8', ...headers },
        }),
      ),
    )

  it('takes up to 64 KiB of UTF-8', async () => {
    const form = await send(`a=${'x'.repeat(MAX_FORM_BYTES - 2)}`)
    expect(form).toBeInstanceOf(URLSearchParams)
    await expect(send(`a=${'x'.repeat(MAX_FORM_BYTES)}`)).rejects.toMatchObject({ status: 413 })
    await expect(send(new Uint8Array([0x61, 0x3d, 0xff]))).rejects.toMatchObject({ status: 400 })
  })

  it('takes no other type, and nothing packed', async () => {
    for (const headers of [
      { 'content-type': 'application/json' },
      { 'content-type': 'text/plain' },
      { 'content-encoding': 'gzip' },
    ])
      await expect(send('a=b', headers as Record<string, string>)).rejects.toMatchObject({ status: 415 })
  })

  it('what is selected is every box that was ticked or, if only that in the header was, every row', () => {
    const selected = (query: string) => selection(new URLSearchParams(query), 'app')
    expect(selected('app=a&app=b&app=a&row=a&row=b&row=c')).toEqual(['a', 'b'])
    expect(selected('all=page&row=a&row=b')).toEqual(['a', 'b'])
    expect(selected('all=page&app=a&row=a&row=b')).toEqual(['a'])
    expect(selected('row=a&row=b')).toEqual([])
    expect(selected(Array.from({ length: 101 }, (_, n) => `app=${n}`).join('&'))).toBeUndefined()
  })
})
