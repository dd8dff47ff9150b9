import { cpSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest'
import { run } from './run.ts'

describe('the command line of the package', () => {
  let project: string
  beforeAll(() => {
    // Outside of the repository, whose drivers it would find.
    project = mkdtempSync(join(tmpdir(), 'appgrant-bin-'))
    cpSync(join(inject('consumer'), 'node_modules'), join(project, 'node_modules'), { recursive: true })
  })
  afterAll(() => rmSync(project, { recursive: true }))
  const appgrant = (...args: readonly string[]) =>
    run(process.execPath, [join(project, 'node_modules/appgrant/dist/cli.js'), ...args], project, {
      ...process.env,
      APPGRANT_STORE: '',
    })

  it('prints its version and its help', async () => {
    expect(await appgrant('--version')).toEqual({
      code: 0,
      stdout: expect.stringMatching(/^\d+\.\d+\.\d+\n$/),
      stderr: '',
    })
    expect(await appgrant('--help')).toMatchObject({ code: 0, stdout: expect.stringContaining('apps suspend KEY') })
  })

  it.each([
    ['redis://127.0.0.1', 'ioredis'],
    ['mongodb://127.0.0.1/host', 'mongodb'],
    ['postgres://127.0.0.1/host', 'pg'],
  ])('says which driver %s needs', async (url, driver) => {
    const { code, stderr } = await appgrant('apps', 'list', '--store', url)
    expect(code).toBe(2)
    expect(stderr).toContain(`npm install ${driver}`)
  })
})
