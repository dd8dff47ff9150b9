import { gzipSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { createAssets } from '../../src/console/assets/assets.ts'
import type { Context } from '../../src/console/context.ts'
import { createFormats } from '../../src/console/formats.ts'
import { framed } from '../../src/console/frame.ts'
import { NO_FILTERS } from '../../src/console/pages/app-filters.ts'
import { appsPage } from '../../src/console/pages/apps.ts'
import { createConsoleLanguages } from '../../src/console/texts/languages.ts'
import { documentOf } from '../../src/frame/document.ts'
import { arabic } from './arabic.ts'
import { sampleContext } from './sample-context.ts'
import { sampleDocument } from './sample-server.ts'
import { appRows, SAMPLES } from './samples.ts'

const language = createConsoleLanguages({ ar: arabic })
const formats = createFormats()
const LANGUAGES = ['en-GB', 'de', 'ar'].map((tag): [string, Partial<Context>] => [
  tag,
  { ...language(tag), formats: formats(tag, 'Europe/Berlin') },
])
const names = Object.keys(SAMPLES)
const VOID = new Set(['meta', 'link', 'input'])

/** Every tag with its attributes, in order. Throws if an attribute is not quoted or a tag not closed in its place. */
function tagsOf(text: string): readonly { name: string; attributes: ReadonlyMap<string, string> }[] {
  const open: string[] = []
  const tags = [...text.matchAll(/<(\/?)([a-z][a-z0-9]*)((?:\s+[\w-]+(?:="[^"]*")?)*)\s*(\/?)>/gi)].map(
    ([, close, name = '', rest = '', selfClosing]) => {
      if (close === '/') expect(open.pop()).toBe(name)
      else if (selfClosing !== '/' && !VOID.has(name)) open.push(name)
      const attributes = [...rest.matchAll(/([\w-]+)(?:="([^"]*)")?/g)].map(
        ([, key = '', value = '']) => [key, value] as const,
      )
      return { name: close === '/' ? `/${name}` : name, attributes: new Map(attributes) }
    },
  )
  expect(open).toEqual([])
  expect(text.replaceAll(/<\/?[a-z][^<>]*>|<!doctype html>/gi, '')).not.toMatch(/[<>]/)
  return tags
}

describe.each(LANGUAGES)('every page of the console (%s)', (_, changes) => {
  it.each(names)('%s is well formed, loads nothing inline, and refers to what is there', (name) => {
    const { text } = sampleDocument(name, changes)
    const tags = tagsOf(text)
    const ids = tags.flatMap(({ attributes }) => attributes.get('id') ?? [])
    expect(ids.filter((id, at) => ids.indexOf(id) !== at)).toEqual([])
    for (const { name: tag, attributes } of tags) {
      expect([...attributes.keys()].filter((key) => /^(?:style|srcdoc|on.*)$/.test(key))).toEqual([])
      expect(tag === 'script' ? attributes.get('src') : '').toMatch(/^$|^\/console\/assets\//)
      expect(['style', 'iframe', 'img', 'object', 'base']).not.toContain(tag)
      for (const key of ['for', 'aria-labelledby', 'aria-describedby', 'form', 'data-select', 'data-copy'])
        for (const id of (attributes.get(key) ?? '').split(' ').filter(Boolean)) expect(ids).toContain(id)
      const href = attributes.get('href') ?? attributes.get('action') ?? attributes.get('formaction') ?? ''
      if (href.startsWith('#')) expect(ids).toContain(href.slice(1))
      else expect(href).toMatch(/^$|^\/console|^https?:\/\/|^data:(?:,$|text\/plain)/)
      if (/^https?:/.test(href)) expect(attributes.get('rel')).toBe('noopener noreferrer')
    }
    expect(tags.filter(({ name: tag }) => tag === 'h1')).toHaveLength(1)
    expect(tags.filter(({ attributes }) => attributes.has('autofocus')).length).toBeLessThanOrEqual(1)
  })
})

describe('the pages of the console', () => {
  it.each(names.filter((name) => name !== 'secret'))('%s holds no secret (APP-8)', (name) => {
    expect(sampleDocument(name).text).not.toContain('z3JhR3Kz53bL4zgAvM2qc739Qz63acwQ')
  })

  it('the page of a new secret holds it in a field and in the file to download, and in no address (APP-8)', () => {
    const { text } = sampleDocument('secret')
    const tags = tagsOf(text).filter(({ attributes }) =>
      [...attributes.values()].some((value) => value.includes('z3JhR3Kz')),
    )
    expect(tags.map(({ name, attributes }) => [name, attributes.get('id') ?? attributes.get('download')])).toEqual([
      ['input', 'secret'],
      ['a', 'call-reports.env'],
    ])
  })

  it('a count that is not known is never shown as 0', () => {
    const { text } = sampleDocument('app-suspended-above')
    expect(text).toContain('<dt>Instances</dt><dd><span title="not known at the moment">?')
  })

  it('a title says first that something is wrong, and ends with the site', () => {
    const titleOf = (name: string) => /<title>(.*)<\/title>/.exec(sampleDocument(name).text)?.[1]
    expect(titleOf('new-app-wrong')).toBe('Error: Add app – Apps – login.teleworks.example')
    expect(titleOf('apps')).toBe('App registration – Apps – login.teleworks.example')
  })

  it.each([
    ['new-app-wrong', 422],
    ['app-conflict', 409],
    ['remove-apps', 422],
    ['down', 503],
    ['not-found', 404],
    ['cross-site', 403],
    ['uncertain', 503],
    ['other-viewer', 409],
    ['kept-signed-out', 403],
    ['kept-not-saved', 503],
  ])('%s has the status %i', (name, status) => {
    expect(sampleDocument(name).status).toBe(status)
  })

  it('a page of another account says so, and every link to a list keeps the account', () => {
    const { text } = sampleDocument('apps-said')
    expect(text).toContain('You act for <b><bdi>Org Eight</bdi></b>')
    const lists = tagsOf(text).flatMap(({ attributes }) => attributes.get('href') ?? [])
    const kept = lists.filter((href) => /\/console\/(?:apps|managed)\?/.test(href))
    expect(kept.length).toBeGreaterThan(3)
    expect(kept.filter((href) => !href.includes('for=org-8'))).toEqual([])
  })

  it.each(['apps', 'managed'])('searching in %s for another account stays with that account', (name) => {
    const { text } = sampleDocument(name, { actsFor: { account: 'org-8', name: 'Org Eight' } })
    expect(text).toMatch(/role="search" method="get">.*<input type="hidden" name="for" value="org-8">/)
  })

  it('text of strangers is text in every place of every page', () => {
    const hostile = `<img src=x onerror=alert(1)>"'&`
    const context = sampleContext({ actsFor: { account: hostile, name: hostile }, site: hostile })
    const rows = appRows(context).map((row) => ({ ...row, name: hostile, description: hostile, tags: [hostile] }))
    const view = {
      owner: hostile,
      rows,
      filters: { ...NO_FILTERS, name: hostile },
      list: { isFirst: true, next: hostile },
    }
    const content = appsPage({ ...view, mayRegister: true }, context)
    const text = documentOf(framed(content, context, { styles: [], script: '/s.js' }))
    expect(tagsOf(text).filter(({ name }) => name === 'img')).toEqual([])
    expect(text).not.toContain('<img')
  })
})

describe('what a page costs', () => {
  const size = (text: string) => gzipSync(text, { level: 9 }).length
  const { styles, script } = createAssets(undefined)

  it('the style sheet is at most 5 kB, the script 2 kB, and a page of 50 apps 10 kB, compressed', () => {
    const context = sampleContext()
    const rows = Array.from({ length: 50 }, (_, at) => {
      const key = `${at}`.padStart(4, '0').padEnd(32, 'aZ3kQ9xLmN7pR2tV5wY8bC1dF4gH6jK0')
      const row = appRows(context)[at % 7]
      return { ...(row as NonNullable<typeof row>), key, name: `App number ${at}` }
    })
    const content = appsPage(
      { owner: 'Org Seven', rows, filters: NO_FILTERS, list: { isFirst: true, next: 'n' }, mayRegister: true },
      context,
    )
    const page = documentOf(framed(content, context, { styles: ['/a.css'], script: '/a.js' }))
    expect(size(styles.map(({ text }) => text).join(''))).toBeLessThanOrEqual(5 * 1024)
    expect(size(script.text)).toBeLessThanOrEqual(2 * 1024)
    expect(size(page)).toBeLessThanOrEqual(10 * 1024)
  })
})
