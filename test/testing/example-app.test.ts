import { describe, expect, it } from 'vitest'
import { exampleApp } from '../../src/testing/index.ts'

describe('exampleApp', () => {
  it('has every required field, and a redirect URL in its canonical form', () => {
    const app = exampleApp()
    expect(Object.keys(app)).toEqual(['owner', 'name', 'homepage', 'adminEmail', 'redirectUrls'])
    for (const url of app.redirectUrls ?? []) expect(new URL(url).href).toBe(url)
  })

  it('takes the fields that are given before its own', () => {
    const app = exampleApp({ owner: 'org-7', trusted: true, redirectUrls: [] })
    expect(app).toMatchObject({ owner: 'org-7', trusted: true, redirectUrls: [], name: 'Example App' })
  })

  it('is another object at each call', () => {
    expect(exampleApp()).not.toBe(exampleApp())
    expect(exampleApp().redirectUrls).not.toBe(exampleApp().redirectUrls)
  })
})
