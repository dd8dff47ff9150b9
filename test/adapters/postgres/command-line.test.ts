import { Client } from 'pg'
import { expect, it } from 'vitest'
import { testCommandLine } from '../../suites/command-line.ts'
import { commandLine, resultsIn } from '../../support/command-line.ts'
import { describeWithPostgres, freshName } from '../../support/servers/postgres-target.ts'

describeWithPostgres('the command line on PostgreSQL', (target) => {
  testCommandLine(() => {
    const table = freshName()
    const failing = ['--store', 'postgres://nobody@127.0.0.1:1/nothing']
    return { args: ['--store', target().url, '--table', table], open: () => target().preparedStore(table), failing }
  }, commandLine)

  const doctor = (store = target().url, env = {}) =>
    commandLine(['doctor', '--json', '--table', freshName(), ...('APPGRANT_STORE' in env ? [] : ['--store', store])], {
      env,
    })

  /** A new role that may connect, and nothing else. */
  const urlOf = async (role: string) => {
    await target().sql(`CREATE ROLE ${role} LOGIN PASSWORD 'Geheim-1'; REVOKE CREATE ON SCHEMA public FROM PUBLIC`)
    const url = new URL(target().url)
    url.username = role
    url.password = 'Geheim-1'
    return url.href
  }

  it('doctor names a server that does not write to the disk, and a role that may not create the table', async () => {
    const unsafe = await doctor()
    expect(unsafe.code).toBe(0)
    expect(unsafe.out).toMatch(/"check":"version".*driver pg 8\.\d+/)
    for (const code of ['APPGRANT_POSTGRES_DURABILITY', 'APPGRANT_POSTGRES_IDLE_TRANSACTIONS'])
      expect(resultsIn(unsafe)).toContainEqual(expect.objectContaining({ status: 'warning', code }))
    const limited = await doctor('', { APPGRANT_STORE: await urlOf('limited') })
    expect(limited.code).toBe(1)
    expect(resultsIn(limited)).toContainEqual(
      expect.objectContaining({ status: 'failed', message: expect.stringContaining('may not create the table') }),
    )
  })

  it('doctor names a primary whose standby a failover may promote without the last writes', async () => {
    const standby = new Client(`${target().url}?replication=true`)
    await standby.connect()
    try {
      expect(resultsIn(await doctor())).toContainEqual(
        expect.objectContaining({ check: 'prepare', status: 'warning', code: 'APPGRANT_POSTGRES_STANDBYS' }),
      )
    } finally {
      await standby.end()
    }
  })

  it('doctor names a wrong password, and shows none', async () => {
    const right = await urlOf('mistyped')
    const ran = await doctor('', { APPGRANT_STORE: right.replace('Geheim-1', 'Falsch-2') })
    expect(ran).toMatchObject({ code: 1, err: '' })
    expect(ran.out).toContain('password authentication failed')
    expect(ran.out).not.toMatch(/Falsch|Geheim/)
  })

  it('a command other than doctor creates no table', async () => {
    const table = freshName()
    const ran = await commandLine(['apps', 'list', '--store', target().url, '--table', table])
    expect(ran).toMatchObject({ code: 3, out: '', err: expect.stringMatching(/another database or table/) })
    expect(ran.err).not.toContain('retry')
    expect(await target().sql(`SELECT to_regclass('${table}')::text AS found`)).toEqual([{ found: null }])
  })

  it('a command on a server that does not respond says so and did nothing', async () => {
    const ran = await commandLine(['apps', 'list', '--store', 'postgres://127.0.0.1:1/x'])
    expect(ran).toEqual({
      code: 3,
      out: '',
      err: expect.stringMatching(/^appgrant: store_unavailable: .*ECONNREFUSED/s),
    })
  })
})
