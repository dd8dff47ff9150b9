import { describe, expect, it, vi } from 'vitest'
import { COMMANDS } from '../../src/cli/commands/index.ts'
import type { Store } from '../../src/store/store.ts'
import { exampleApp } from '../../src/testing/index.ts'
import { type RunCommand, resultsIn } from '../support/command-line.ts'
import { createSessionFixture, DAY, type SessionFixture } from '../support/session-fixture.ts'

/** A place for records, and the arguments with which the command line finds it. */
export interface CommandLinePlace {
  readonly args: readonly string[]
  open(): Promise<Store>
  /** The arguments for a store of the same kind that does not work. */
  readonly failing: readonly string[]
}

/** All commands on one store. `place` returns a new one each time. */
export function testCommandLine(place: () => CommandLinePlace, run: RunCommand): void {
  describe('appgrant on the command line', () => {
    it('apps list and apps show say what is registered, as text and as JSON, without a secret (APP-8)', async () => {
      const { w, on, key } = await opened()
      const other = await w.registerTrusted({ name: 'Other' })
      const listed = await on('apps list --json')
      expect(listed.code).toBe(0)
      expect(resultsIn(listed).map((app) => app.key)).toEqual(expect.arrayContaining([key, other.app.key]))
      const named = await on('apps list --owner org --name oth --trusted')
      expect(named).toMatchObject({ code: 0, out: `${other.app.key}\torg\ttrusted\tOther\n` })
      await w.start()
      const shown = await on(`apps show ${key} --json`)
      expect(resultsIn(shown)).toEqual([expect.objectContaining({ key, owner: 'org', instances: 1, trusted: false })])
      expect((await on(`apps show ${key}`)).out).toContain(`owner            org\n`)
      for (const ran of [listed, shown, named]) expect(ran.out + ran.err).not.toContain(w.secret)
    })

    it('apps list --unused-days leaves out what was used, or registered and never used, later than that (APP-13)', async () => {
      const { on, key } = await opened()
      const of = { owner: 'org', name: 'Old', homepage: 'https://a.example/', adminEmail: 'a@a.example', trusted: true }
      const lastUsedOn = new Date(Date.now() - 100 * DAY).toISOString().slice(0, 10)
      const old = JSON.stringify({ ...of, key: 'old:1', secret: 'gateway-secret-1', lastUsedOn })
      expect(await on('import', old)).toMatchObject({ code: 0 })
      const [app] = resultsIn(await on('apps list --unused-days 90 --json'))
      expect(app).toMatchObject({ name: 'Old', lastUsedOn })
      expect(await on('apps list --unused-days=3650')).toEqual({ code: 0, out: '', err: expect.any(String) })
      const all = await on('apps list')
      for (const one of [key, `${app?.key}`]) expect(all.out).toContain(one)
    })

    it('apps suspend and apps resume are in effect at once, and record who did it', async () => {
      const { w, on, key } = await opened()
      const { access } = await w.start()
      const [suspended] = resultsIn(await on(`apps suspend ${key} --login ops --json`))
      expect(suspended).toMatchObject({ key, suspended: { by: { login: 'ops' } } })
      expect(await w.verify(access)).toBe('app_suspended')
      expect((await on(`apps list --suspended --json`)).out).toContain(key)
      expect(await on(`apps resume ${key}`)).toMatchObject({ code: 0 })
      expect(await w.verify(access)).toBe('ok')
    })

    it('apps regenerate prints the new secret once, to standard output only, and revokes what the app holds (APP-8)', async () => {
      const { w, on, key } = await opened()
      const { access } = await w.start()
      const ran = await on(`apps regenerate ${key} --yes`)
      expect(ran).toEqual({ code: 0, out: expect.stringMatching(/^\w{32}\n$/), err: '' })
      const secret = ran.out.trim()
      expect(await w.verify(access)).toBe('revoked')
      expect(await w.appgrant.authorizer.authenticateApp({ key, secret })).toMatchObject({ key })
      await expect(w.appgrant.authorizer.authenticateApp({ key, secret: w.secret })).rejects.toThrow()
    })

    it('apps remove removes an app and what it holds; a second time there is no such app', async () => {
      const { w, on, key } = await opened()
      const { access } = await w.start()
      expect(await on(`apps remove ${key} --yes`)).toEqual({ code: 0, out: `${key}\tremoved\n`, err: '' })
      expect(await w.verify(access)).not.toBe('ok')
      expect(await on(`apps show ${key}`)).toMatchObject({
        code: 1,
        out: '',
        err: expect.stringMatching(/no such app/),
      })
      expect(await on(`apps suspend ${key}`)).toMatchObject({ code: 1, out: '' })
    })

    it('tokens revoke revokes the tokens of one account, or everything but the secret', async () => {
      const { w, on, key } = await opened()
      const [first, other] = [await w.start(), await w.start({ account: 'other-org' })]
      const revoked = await on(`tokens revoke ${key} --account user --yes --json`)
      expect(resultsIn(revoked)).toEqual([{ app: key, account: 'user', revoked: true }])
      expect([await w.verify(first.access), await w.verify(other.access)]).toEqual(['revoked', 'ok'])
      expect(await on(`tokens revoke ${key} --yes`)).toMatchObject({ code: 0 })
      expect(await w.verify(other.access)).toBe('revoked')
      expect(await w.appgrant.authorizer.authenticateApp({ key, secret: w.secret })).toMatchObject({ key })
      expect(await on(`tokens revoke ${key} --account nobody --yes`)).toMatchObject({ code: 1 })
    })

    it('installs withdraw revokes what one account granted; a second time there is nothing', async () => {
      const { w, on, key } = await opened()
      const [first, other] = [await w.start(), await w.start({ account: 'other-org' })]
      expect(await on(`installs withdraw ${key} user --yes`)).toMatchObject({ code: 0, err: '' })
      expect([await w.verify(first.access), await w.verify(other.access)]).toEqual(['revoked', 'ok'])
      expect(await on(`installs withdraw ${key} user --yes`)).toMatchObject({ code: 1, out: '' })
    })

    it('report-leak revokes the tokens in standard input, and prints them nowhere (ERR-5)', async () => {
      const { w, on, key } = await opened()
      const [first, other, kept] = [await w.start(), await w.start(), await w.start()]
      const input = `${first.access}\n\n${other.refresh}\r\nnonsense\n`
      const ran = await on('report-leak --url https://git.example/x', input)
      expect(ran).toEqual({ code: 1, out: '1\trevoked\n3\trevoked\n4\tnot valid\n', err: '' })
      const states = [first, other, kept].map(({ access }) => w.verify(access))
      expect(await Promise.all(states)).toEqual(['revoked', 'revoked', 'ok'])
      expect(await on(`report-leak --app ${key} --json`, w.secret)).toMatchObject({
        code: 0,
        out: '{"line":1,"revoked":true}\n',
      })
      await expect(w.appgrant.authorizer.authenticateApp({ key, secret: w.secret })).rejects.toThrow()
    })

    it('import registers the apps in standard input, reports those that it refuses, and can be repeated (APP-10)', async () => {
      const { w, on } = await opened()
      const app = {
        owner: 'org',
        name: 'Old',
        homepage: 'https://a.example/',
        adminEmail: 'a@a.example',
        trusted: true,
      }
      const entries = [
        { ...app, key: 'old:1', secret: 'gateway-secret-1' },
        { ...app, key: 'old:2', secret: 'gateway-secret-2', homepage: 'nothing' },
      ]
      const input = entries.map((entry) => JSON.stringify(entry)).join('\n\n')
      const plan = await on('import --dry-run', input)
      expect(plan.code).toBe(1)
      expect(plan.out).toMatch(/^2\trefused\told:2\n {2}homepage: \w+: .*\n1 would_import, 1 refused\n$/)
      const first = await on('import --json --all', input)
      expect(resultsIn(first)).toMatchObject([
        { entry: 1, key: 'old:1', outcome: 'imported' },
        { entry: 2, outcome: 'refused', errors: [{ field: 'homepage' }] },
        { summary: { imported: 1, refused: 1 } },
      ])
      const again = await on('import', `${JSON.stringify(entries[0])}\n`)
      expect(again).toEqual({ code: 0, out: '1 exists\n', err: 'entries: 1\n' })
      const authenticated = w.appgrant.authorizer.authenticateApp({ key: 'old:1', secret: 'gateway-secret-1' })
      expect(await authenticated).toMatchObject({ name: 'Old' })
      const broken = await on('import', `${JSON.stringify(entries[0])}\n{"secret":"gateway-secret-3\n`)
      expect(broken).toMatchObject({ code: 2, err: expect.stringContaining('import: line 2 is not JSON') })
      for (const { out, err } of [plan, first, again, broken]) expect(out + err).not.toContain('gateway-secret')
    })

    it('export prints what import reads, with the digests only if it is told to (APP-8, APP-10)', async () => {
      const { w, on, key } = await opened()
      const { refresh } = await w.start()
      const listed = await on('export')
      // On a busy machine it says more than once how far it is.
      expect(listed).toMatchObject({ code: 0, err: expect.stringMatching(/entries: 2\n$/) })
      expect(listed.out).not.toMatch(/sha256|refreshToken/)
      const exported = await on('export --digests')
      expect(resultsIn(exported)).toMatchObject([
        { type: 'app', key, legacySecret: [{ scheme: 'sha256-base64url' }] },
        { type: 'install', app: key, account: 'user' },
        { type: 'install', refreshToken: { scheme: 'sha256-base64url' } },
      ])
      const other = await opened()
      // The command line knows no scopes without the options of the host.
      const dry = await other.on('import --dry-run --drop scopes', exported.out)
      expect(dry).toMatchObject({ code: 0, out: expect.stringMatching(/\n3 would_import\n$/) })
      const imported = await other.on('import --all --drop scopes', exported.out)
      expect(imported.code).toBe(0)
      expect(imported.out).toContain(`2\timported\t${key}\tuser\n`)
      const by = { key, secret: w.secret }
      expect(await other.w.refresh(refresh, by)).toMatchObject({ accessToken: expect.any(String) })
      for (const { out, err } of [listed, exported, dry, imported])
        for (const secret of [w.secret, refresh]) expect(out + err).not.toContain(secret)
    })

    it('erase removes the apps and installs of an account (ACC-9)', async () => {
      const { w, on, key } = await opened()
      await w.start({ account: 'org' })
      const ran = await on('erase org --yes --json')
      expect(ran.code).toBe(0)
      expect(resultsIn(ran)).toEqual([{ account: 'org', apps: 1, installs: expect.any(Number) }])
      expect(ran.err).toMatch(/^apps and installs removed: [12]\n$/)
      expect(await w.appgrant.apps.get(key)).toBeUndefined()
    })

    it('each command says that there is no such app, and does nothing (ERR-2)', async () => {
      const { w, on } = await opened()
      const writes = w.observed.writes()
      const about = COMMANDS.filter(({ operands }) => operands?.[0] === 'KEY')
      expect(about.length).toBeGreaterThan(5)
      for (const { name, operands = [], confirm } of about) {
        const ran = await on(`${name} ${operands.map(() => 'nothing').join(' ')}${confirm ? ' --yes' : ''}`)
        expect([name, ran]).toEqual([name, { code: 1, out: '', err: expect.stringMatching(/no such|nothing/) }])
      }
      const leaks = await on('report-leak', 'ag_at_nothing\n')
      expect(leaks).toEqual({ code: 1, out: '1\tnot valid\n', err: '' })
      expect(resultsIn(await on('erase nobody --yes --json'))).toEqual([{ account: 'nobody', apps: 0, installs: 0 }])
      expect(w.observed.writes()).toBe(writes)
    })

    it('each command on a store that does not work says why, prints no result, and has an exit code of its own (ERR-2)', async () => {
      const { w, key } = await opened()
      const { access } = await w.start()
      const { failing } = place()
      const input: Readonly<Record<string, string>> = {
        'report-leak': access,
        import: JSON.stringify(exampleApp({ owner: 'org' })),
      }
      // Some drivers take seconds until they give up.
      const ended = COMMANDS.map(async ({ name, operands = [], confirm }) => {
        const args = [
          ...name.split(' '),
          ...operands.map((one) => (one === 'KEY' ? key : 'user')),
          ...(confirm ? ['--yes'] : []),
          ...failing,
        ]
        return [name, await run(args, { input: input[name] ?? '' })]
      })
      for (const [name, ran] of await Promise.all(ended)) {
        // The results of doctor are what is wrong.
        const expected =
          name === 'doctor'
            ? { code: 1, out: expect.stringContaining('failed\tprepare\t'), err: '' }
            : { code: 3, out: '', err: expect.stringMatching(/^appgrant: .*(?:ECONNREFUSED|SQLite)/s) }
        expect([name, ran]).toEqual([name, expected])
      }
    })

    it('doctor finds nothing that would keep the store from working', async () => {
      const { on } = await opened()
      const ran = await on('doctor --json')
      const results = resultsIn(ran)
      expect(results.filter(({ status }) => status === 'failed')).toEqual([])
      expect(ran).toMatchObject({ code: 0, err: '' })
      const checks = results.map(({ check }) => check)
      expect(checks).toEqual(expect.arrayContaining(['version', 'prepare', 'clock', 'writes', 'options', 'apps']))
    })

    it.each([-5000, 5000])(
      'doctor names a clock that differs from the server by %d ms, if it has one',
      async (skew) => {
        const { args, open } = place()
        const { time } = await open()
        vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + skew })
        const ran = await run(['doctor', '--json', ...args]).finally(() => vi.useRealTimers())
        const found = resultsIn(ran).filter(({ check }) => check === 'clock')
        const message = time
          ? expect.stringMatching(/differs from this machine's by -?[45]\d{3} ms/)
          : 'the store has no clock of its own'
        expect(found).toEqual([{ check: 'clock', status: time ? 'failed' : 'ok', message }])
        expect(ran.code).toBe(time ? 1 : 0)
      },
    )
  })

  async function opened(): Promise<{
    readonly w: SessionFixture
    readonly key: string
    readonly on: (command: string, input?: string) => ReturnType<RunCommand>
  }> {
    const { args, open } = place()
    const w = await createSessionFixture(open, { options: { clock: Date.now } })
    return { w, key: w.key, on: (command, input = '') => run([...command.split(' '), ...args], { input }) }
  }
}
