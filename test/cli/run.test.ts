import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { COMMANDS } from '../../src/cli/commands/index.ts'
import { createAppGrant } from '../../src/index.ts'
import { exampleApp } from '../../src/testing/index.ts'
import { commandLine } from '../support/command-line.ts'
import { options as hostOptions, store } from './options.ts'

const OPTIONS = ['--options', resolve('test/cli/options.ts')]
// In the text of a module.
const HOST = JSON.stringify(resolve('test/cli/options.ts'))
const MEMORY = JSON.stringify(resolve('adapters/memory/memory-store.ts'))
const folder = mkdtempSync(join(tmpdir(), 'appgrant-cli-'))
afterAll(() => rmSync(folder, { recursive: true }))

/** A module for `--options` that exports this. */
function module(text: string): readonly string[] {
  const file = join(folder, `options-${Math.random()}.mjs`)
  writeFileSync(file, text)
  return ['--options', file]
}

describe('the arguments', () => {
  it('--help of the program and of each command names every option, and needs no store', async () => {
    const all = await commandLine(['--help'])
    expect(all).toMatchObject({ code: 0, err: '' })
    for (const { name, options = {}, confirm, summary } of COMMANDS) {
      expect(all.out).toContain(name)
      const help = await commandLine([...name.split(' '), '--help'])
      expect(help).toMatchObject({ code: 0, err: '' })
      for (const option of [...Object.keys(options), ...(confirm ? ['yes'] : []), 'store', 'json'])
        expect(help.out).toContain(`--${option}`)
      expect(help.out).toContain(summary.slice(1))
    }
    expect(await commandLine([])).toMatchObject({ code: 2, out: all.out })
    expect(await commandLine(['--version'])).toMatchObject({ code: 0, out: expect.stringMatching(/^\d+\.\d+\.\d+/) })
  })

  it.each([
    ['doctr', 'expected doctor'],
    ['app list', 'expected apps list'],
    ['apps lst', 'expected apps list'],
    ['apps', 'expected apps list'],
    ['nothing', 'expected doctor, apps list'],
    ['apps list --ownr=org', '--ownr: unknown option, expected --owner'],
    ['apps list --nothing-like-it', 'expected one of --owner'],
    ['apps list -o', 'unknown option'],
    ['apps list --owner', '--owner needs a value: --owner ACCOUNT'],
    ['apps list --owner --json', '--owner needs a value'],
    ['apps list --owner=', '--owner needs a value'],
    ['apps list --json=1', '--json takes no value'],
    ['apps list --owner a --owner b', '--owner is given twice'],
    ['apps list more', '1 too many. Usage: appgrant apps list'],
    ['apps show', 'KEY is missing. Usage: appgrant apps show KEY'],
    ['installs withdraw key', 'ACCOUNT is missing'],
    ['apps list', 'Pass --store URL, or set APPGRANT_STORE'],
    ['apps list --store mysql://x', 'unknown scheme mysql://, expected redis://'],
    ['apps list --store no.db', 'there is no file at this path'],
    ['apps list --store localhost:5432', 'postgres://'],
    ['apps list --store redis://x --table t', '--table is not an option of this store, expected --namespace'],
    ['apps list --store postgres://x/y --namespace t', 'expected --table'],
    ['apps list --store redis://x --namespace !', 'namespace'],
  ])('%s is refused before anything is done, and says what is expected (ERR-6)', async (command, message) => {
    const ran = await commandLine(command.split(' '))
    expect(ran).toMatchObject({ code: 2, out: '' })
    expect(ran.err).toContain(message)
  })

  it.each([
    'redis://:Geheim-1@h',
    'postgres://u:Geheim-1@h/d',
    'mongodb://u:Geheim-1@h/d',
    'postgres://h/d?password=Geheim-1',
  ])('a password in the arguments, %s, is refused and not shown', async (url) => {
    const ran = await commandLine(['apps', 'list', '--store', url])
    expect(ran).toMatchObject({ code: 2, out: '', err: expect.stringMatching(/APPGRANT_STORE/) })
    expect(ran.err).not.toContain('Geheim')
  })

  it('a token among the arguments is refused and not shown, wherever it is (ERR-2)', async () => {
    const node = createAppGrant({ store })
    const { app, secret } = await node.apps.register(exampleApp({ owner: 'org', trusted: true }))
    const { accessToken } = await node.authorizer.clientCredentials({ key: app.key, secret })
    for (const args of [['apps', 'show', accessToken], [accessToken], ['apps', 'list', `--owner=${accessToken}`]]) {
      const ran = await commandLine([...args, ...OPTIONS])
      expect(ran).toMatchObject({ code: 2, out: '', err: expect.stringMatching(/revoke it/) })
      expect(ran.err).not.toContain(accessToken)
    }
    for (const args of [['apps', 'list', secret], [secret], ['apps', 'list', `--${secret}`]])
      expect((await commandLine([...args, ...OPTIONS])).err).not.toContain(secret)
  })
})

describe('the values of options', () => {
  it.each([
    ['apps list --unused-days 0', '--unused-days: expected an integer from 1 to 3650'],
    ['apps list --unused-days 3651', '--unused-days: expected an integer from 1 to 3650'],
    ['apps list --unused-days 1e2', '--unused-days: expected an integer from 1 to 3650'],
    ['apps list --unused-days=-1', '--unused-days: expected an integer from 1 to 3650'],
    ['apps list --unused-days --json', '--unused-days needs a value: --unused-days DAYS'],
    ['import --drop names', '--drop: expected redirectUrls or scopes'],
  ])('%s is refused, and says what is expected (ERR-6)', async (command, message) => {
    const ran = await commandLine([...command.split(' '), ...OPTIONS])
    expect(ran).toMatchObject({ code: 2, out: '' })
    expect(ran.err).toContain(message)
  })
})

describe('what cannot be undone', () => {
  const final = COMMANDS.filter(({ confirm }) => confirm)

  it.each(final.map(({ name, operands = [] }) => [name, operands.length]))(
    '%s is refused without --yes and without a terminal, and nothing is done',
    async (name, operands) => {
      const args = [...name.split(' '), ...Array(operands).fill('x'), ...OPTIONS]
      expect(await commandLine(args)).toMatchObject({ code: 2, out: '', err: expect.stringMatching(/pass --yes/) })
      const no = await commandLine(args, { typed: 'no' })
      expect(no).toMatchObject({
        code: 2,
        out: '',
        err: expect.stringMatching(/Type yes to go on: appgrant: .*nothing was done/),
      })
    },
  )

  it('apps remove removes the app after yes was typed', async () => {
    const node = createAppGrant(hostOptions())
    const { app } = await node.apps.register(exampleApp({ owner: 'org' }))
    expect(await commandLine(['apps', 'remove', app.key, ...OPTIONS], { typed: 'yes' })).toMatchObject({ code: 0 })
    expect(await node.apps.get(app.key)).toBeUndefined()
  })
})

describe('the options of the host', () => {
  it('an app whose owner has an epoch is not regenerated without the directory: it would be blocked (ACC-7)', async () => {
    const node = createAppGrant(hostOptions())
    const { app, secret } = await node.apps.register(exampleApp({ owner: 'org' }))
    const without = module(`import { store } from ${HOST}\nexport const options = { store }`)
    const refused = await commandLine(['apps', 'regenerate', app.key, '--yes', ...without])
    expect(refused).toMatchObject({ code: 2, out: '', err: expect.stringMatching(/pass --options/) })
    expect(await node.authorizer.authenticateApp({ key: app.key, secret })).toMatchObject({ key: app.key })
    const done = await commandLine(['apps', 'regenerate', app.key, '--yes', ...OPTIONS])
    expect(done.code).toBe(0)
    expect(await node.authorizer.authenticateApp({ key: app.key, secret: done.out.trim() })).toMatchObject({
      key: app.key,
    })
  })

  it.each([
    ['export const options = 1', 'must export `options`'],
    ['export default {}', 'must export `options`'],
    ['export const options = { store: 1 }', 'store: expected a store'],
    ['export const options = { storre: 1 }', 'storre: unknown option, expected store'],
    ['throw new Error("Geheim-1")', 'failed with Error'],
    ['JSON.parse("Geheim-1")', 'failed with SyntaxError'],
  ])('the module %s is refused, and nothing of it is shown', async (text, message) => {
    const ran = await commandLine([
      'apps',
      'list',
      ...module(text),
      ...(message.includes('storre') ? ['--store', 'redis://h'] : []),
    ])
    expect(ran).toMatchObject({ code: 2, out: '' })
    expect(ran.err).toContain(message)
    expect(ran.err).not.toContain('Geheim')
  })

  it('a module that is missing, and a store in both places, are refused', async () => {
    expect(await commandLine(['apps', 'list', '--options', 'none.js'])).toMatchObject({
      code: 2,
      err: expect.stringMatching(/ERR_MODULE_NOT_FOUND|loading none.js failed/),
    })
    const both = await commandLine(['apps', 'list', ...OPTIONS, '--store', 'redis://h'])
    expect(both).toMatchObject({ code: 2, err: expect.stringMatching(/has a store already/) })
  })
})

describe('a store that fails', () => {
  const broken = (method: string, error: string) =>
    module(`
      import { options as host, store } from ${HOST}
      export const options = { ...host(), store: { ...store, ${method}: async () => { throw ${error} } } }`)

  const registered = async () => {
    const { app } = await createAppGrant(hostOptions()).apps.register(exampleApp({ owner: 'org' }))
    return app.key
  }

  it('is exit code 3 and its cause, as text and as JSON', async () => {
    const args = ['apps', 'show', await registered(), ...broken('get', "new Error('the disk is gone')")]
    const ran = await commandLine(args)
    expect(ran).toMatchObject({ code: 3, out: '', err: expect.stringMatching(/^appgrant: store_unavailable/) })
    expect(ran.err).toContain('because: the disk is gone')
    const json = await commandLine([...args, '--json'])
    expect(JSON.parse(json.err)).toMatchObject({ error: { message: expect.stringContaining('store_unavailable') } })
  })

  it('is exit code 4 if a write was not confirmed', async () => {
    const lost = broken('replace', "new Error('the connection was lost')")
    const ran = await commandLine(['apps', 'suspend', await registered(), ...lost])
    expect(ran).toMatchObject({ code: 4, out: '', err: expect.stringMatching(/^appgrant: outcome_unknown/) })
  })

  it.each([
    ['time', 'clock', 'time: async () => Date.now() + 5000', /differs from this machine's by [45]\d{3} ms/],
    ['insert', 'writes', "insert: async () => 'exists'", /not true that an insert was done/],
    ['replace', 'writes', 'replace: async () => false', /not true that a replacement was done/],
    ['get', 'writes', 'get: async (refs) => refs.map(() => undefined)', /not true that the record was read/],
    ['list', 'writes', 'list: async () => ({ records: [], more: false })', /not true that the record was listed/],
    ['prepare', 'prepare', "prepare: async () => { throw new Error('wrong version') }", /wrong version/],
    ['watch', 'hints', 'watch: async () => async () => {}', /APPGRANT_NO_HINTS/],
  ])('doctor names a store whose %s is wrong', async (_, check, member, message) => {
    const ran = await commandLine([
      'doctor',
      ...module(`
        import { memoryStore } from ${MEMORY}
        export const options = { store: { ...memoryStore(), ${member} } }`),
    ])
    const lines = ran.out.split('\n').filter((line) => line.includes(`\t${check}\t`))
    expect(lines.join('\n')).toMatch(message)
    expect(ran.code).toBe(check === 'hints' ? 0 : 1)
  })

  it('doctor says that there is no app, as there is under another name of the records', async () => {
    const empty = module(`
      import { memoryStore } from ${MEMORY}
      export const options = { store: memoryStore() }`)
    const ran = await commandLine(['doctor', ...empty])
    expect(ran).toMatchObject({ code: 0, out: expect.stringMatching(/warning\tapps\tAPPGRANT_NO_APPS: .*namespace/) })
    expect(ran.out).not.toContain('ok\tapps')
  })

  it('doctor names options that differ from those of the nodes', async () => {
    await createAppGrant({ store, issuer: 'https://one.example' }).prepare()
    const ran = await commandLine(['doctor', ...OPTIONS])
    expect(ran.out).toMatch(/warning\toptions\tAPPGRANT_OPTIONS: .*issuer is not set here/)
  })
})
