import { randomInt } from 'node:crypto'
import { chmodSync, mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest'
import { changed, record, refOf } from '../../../src/testing/sample-records.ts'
import { describeWith } from '../../support/servers/describe-with.ts'
import { ask, bundled, type Script, scratchFolder, started } from '../../support/servers/script.ts'
import { sqliteDrivers } from '../../support/servers/sqlite.ts'
import { processesOf } from './processes.ts'

const KILLS = 200
const ROUNDS = 200

for (const { title, found, missing } of sqliteDrivers) {
  describeWith(`sqliteStore by ${title}, several processes on one file`, { found, missing }, ({ node }) => {
    const { scratch, running, newPath, start, end } = processesOf(node)

    it('one of two processes racing for the last place under the limit gets it (APP-6)', async () => {
      const path = newPath()
      const racers = await Promise.all([1, 2].map(() => start('run-commands.ts', [path])))
      for (const racer of racers) expect(await ask(racer, { prepare: true })).toBe('prepared')
      const winners: (Script | undefined)[] = []
      for (let round = 0; round < ROUNDS; round++) {
        const limit = { group: `owner${round}`, max: 3 }
        const asks = (racer: Script) => ask(racer, { insert: record({ groups: [limit.group] }), options: { limit } })
        for (const racer of racers) expect(await asks(racer)).toBe('inserted')
        // The process that is told first is some microseconds ahead.
        racers.reverse()
        const answers = await Promise.all(racers.map(asks))
        expect([...answers].sort()).toEqual(['full', 'inserted'])
        winners.push(racers[answers.indexOf('inserted')])
      }
      expect(new Set(winners).size).toBe(2)
    })

    it('the next read sees what another process replaced (REV-3)', async () => {
      const path = newPath()
      const [writer, reader] = await Promise.all([start('run-commands.ts', [path]), start('run-commands.ts', [path])])
      let app = record()
      expect(await ask(writer, { insert: app })).toBe('inserted')
      for (let round = 0; round < ROUNDS; round++) {
        const to = changed(app, { data: `{"round":${round}}` })
        expect(await ask(writer, { replace: [app, to] })).toBe(true)
        expect(await ask(reader, { get: [refOf(app)] })).toEqual([to])
        app = to
      }
      expect((await end(writer, reader)).map(({ how }) => how)).toEqual([0, 0])
    })

    it('a process killed while it holds the lock delays no other', async () => {
      const path = newPath()
      const [holder, writer] = await Promise.all([start('run-commands.ts', [path]), start('run-commands.ts', [path])])
      expect(await ask(writer, { prepare: true })).toBe('prepared')
      expect(await ask(holder, { lock: true })).toBe('locked')
      expect(await ask(writer, { insert: record() })).toMatchObject({
        notApplied: true,
        message: expect.stringContaining('locked'),
      })
      holder.child.kill('SIGKILL')
      await holder.ended()
      expect(await ask(writer, { insert: record() })).toBe('inserted')
    })

    it(`everything acknowledged is complete after each of ${KILLS} kills`, async () => {
      const path = newPath()
      const script = await bundled('adapters/sqlite/write-until-killed.ts', scratch)
      const all = new Map<string, number>()
      let last: readonly (readonly [string, number])[] = []
      let bystander: Script | undefined
      for (let round = 0; round < KILLS; round++) {
        // A file that no process has open is recovered by the next one; an open file is not.
        if (round === KILLS / 2) {
          bystander = await start('run-commands.ts', [path])
          expect(await ask(bystander, { prepare: true })).toBe('prepared')
        }
        const writer = started(node, ['--no-warnings', script, path, `${round * 1_000_000}`])
        running.push(writer)
        writer.tell(JSON.stringify(round === KILLS - 1 ? [...all] : last))
        expect(JSON.parse((await writer.next()) ?? 'null'), `missing after kill ${round}`).toEqual([])
        const lines: string[] = []
        for (let heard = randomInt(1, 12); heard > 0; heard--) lines.push((await writer.next()) ?? '')
        writer.child.kill('SIGKILL')
        const { rest, how } = await writer.ended()
        expect(how).toBe('SIGKILL')
        running.splice(running.indexOf(writer), 1)
        // The line being written when it was killed may be cut off.
        const heard = [...lines, ...rest]
          .map((line) => line.split(' '))
          .filter(([id, number]) => id?.length === 16 && number)
        last = [...new Map(heard.map(([id, number]) => [id as string, Number(number)]))]
        for (const [id, number] of last) all.set(id, number)
      }
      expect(all.size).toBeGreaterThan(KILLS)
      if (bystander) await end(bystander)
      const checker = await start('inspect-file.ts', [path])
      const { rest } = await checker.ended()
      expect(JSON.parse(rest[0] ?? 'null')).toEqual({ integrity: 'ok', strayMembers: 0, missingMembers: 0 })
    })

    // Root may write every file, so root runs the process as another user; others make the file read-only.
    it('a file that the process may only read is refused with the fix', async () => {
      const path = newPath()
      const owner = await start('run-commands.ts', [path])
      expect(await ask(owner, { prepare: true })).toBe('prepared')
      await end(owner)
      chmodSync(scratch.folder, 0o755)
      chmodSync(path, 0o444)
      const other = await start('run-commands.ts', [path], process.getuid?.() === 0 ? { uid: 65_534 } : undefined)
      const expected = {
        code: 'store_unavailable',
        message: expect.stringMatching(/read-only|cannot be opened/),
        hint: expect.stringContaining(path),
      }
      expect(await ask(other, { prepare: true })).toMatchObject(expected)
      expect(await ask(other, { insert: record() })).toMatchObject({ ...expected, notApplied: true })
    })
  })
}

// What a host has installed on a Node without SQLite.
const withoutSqlite = process.versions.node.startsWith('20.') ? process.execPath : undefined
describeWith('sqliteStore by path on Node 20', { found: withoutSqlite, missing: 'Node 20' }, (node) => {
  const scratch = scratchFolder()
  const installed = join(scratch.folder, 'node_modules/better-sqlite3')
  let script: string
  beforeAll(async () => {
    script = await bundled('adapters/sqlite/run-commands.ts', { ...scratch, bare: true })
  })
  afterEach(() => rmSync(join(scratch.folder, 'node_modules'), { recursive: true, force: true }))
  afterAll(() => scratch.remove())

  const install = (version: string, program: string) => {
    mkdirSync(installed, { recursive: true })
    writeFileSync(
      join(installed, 'package.json'),
      JSON.stringify({ name: 'better-sqlite3', version, main: 'index.js' }),
    )
    writeFileSync(join(installed, 'index.js'), program)
  }
  const preparing = async () => {
    const store = started(node, [script, join(scratch.folder, 'appgrant.db')])
    const answer = await ask(store, { prepare: true })
    store.child.stdin?.end()
    expect((await store.ended()).how).toBe(0)
    return answer
  }

  it('a CommonJS bundle finds the driver beside it, or says what to do', async () => {
    const bundle = await bundled('adapters/sqlite/prepare-once.ts', { ...scratch, bare: true, format: 'cjs' })
    const prepareOnce = async () => {
      const { rest } = await started(node, [bundle, join(scratch.folder, 'bundle.db')]).ended()
      return JSON.parse(rest[0] ?? 'null')
    }
    expect(await prepareOnce()).toMatchObject({
      code: 'store_unavailable',
      message: 'the SQLite file needs a driver, and none is installed',
      hint: expect.stringMatching(/npm install better-sqlite3.*bundle.*sqliteStore/),
    })
    install('12.11.1', 'module.exports = class { constructor() { throw new Error("this driver was found") } }')
    expect(await prepareOnce()).toMatchObject({ message: 'the SQLite file cannot be opened' })
  })

  it('sqliteStore says what to install if there is no driver', async () => {
    expect(await preparing()).toMatchObject({
      code: 'store_unavailable',
      message: 'the SQLite file needs a driver, and none is installed',
      hint: expect.stringContaining('npm install better-sqlite3'),
    })
  })

  it('sqliteStore does not load a better-sqlite3 that would end the process', async () => {
    install('13.2.0', 'process.kill(process.pid, "SIGSEGV")')
    expect(await preparing()).toMatchObject({
      message: 'the SQLite file cannot be opened by better-sqlite3 13 on Node 20',
      hint: expect.stringContaining('better-sqlite3@12'),
    })
  })

  it('sqliteStore says how to fix a better-sqlite3 that was built for another Node', async () => {
    install('12.11.1', 'module.exports = class { constructor() { throw new Error("NODE_MODULE_VERSION 137") } }')
    expect(await preparing()).toMatchObject({
      code: 'store_unavailable',
      message: 'the SQLite file cannot be opened',
      hint: expect.stringContaining('npm rebuild better-sqlite3'),
    })
  })
})
