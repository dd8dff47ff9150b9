import { describe, expect, it } from 'vitest'
import { exampleApp } from '../../src/testing/index.ts'

describe('exampleApp', () => {
  it('exampleApp has every required field and a canonical redirect URL', () => {
    const app = exampleApp()
    expect(Object.keys(app)).toEqual(['owner', 'name', 'homepage', 'adminEmail', 'redirectUrls'])
    for (const url of app.redirectUrls ?? []) expect(new URL(url).href).toBe(url)
  })

  it('exampleApp takes the given fields before its own', () => {
    const app = exampleApp({ owner: 'org-7', trusted: true, redirectUrls: [] })
    expect(app).toMatchObject({ owner: 'org-7', trusted: true, redirectUrls: [], name: 'Example App' })
  })

  it('exampleApp returns a new object at each call', () => {
    expect(exampleApp()).not.toBe(exampleApp())
    expect(exampleApp().redirectUrls).not.toBe(exampleApp().redirectUrls)
  })
})
