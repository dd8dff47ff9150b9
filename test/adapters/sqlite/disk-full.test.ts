import { spawnSync } from 'node:child_process'
import { mkdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, expect, it } from 'vitest'
import type { StoreRecord } from '../../../src/store/store.ts'
import { changed, record, refOf } from '../../../src/testing/sample-records.ts'
import { describeWith } from '../../support/servers/describe-with.ts'
import { ask, bundled, scratchFolder, started } from '../../support/servers/script.ts'
import { sqliteDrivers } from '../../support/servers/sqlite.ts'

const SMALL_DISK = 'mount -t tmpfs -o size=1m tmpfs'
// Only this process sees the mount, which ends with it.
const mountable = spawnSync('unshare', ['-m', 'sh', '-c', `${SMALL_DISK} /mnt`]).status === 0

for (const { title, found, missing } of sqliteDrivers) {
  const disk = { found: mountable ? found : undefined, missing: found ? 'the right to mount a small disk' : missing }
  describeWith(`sqliteStore by ${title} on a disk that fills up`, disk, ({ node }) => {
    const scratch = scratchFolder()
    afterAll(() => scratch.remove())

    it('sqliteStore refuses writes on a full disk, keeps exactly what it acknowledged, and continues when there is room', async () => {
      const small = join(scratch.folder, 'disk')
      mkdirSync(small)
      const script = await bundled('adapters/sqlite/run-commands.ts', scratch)
      const setUp = `${SMALL_DISK} ${small} && head -c 300000 /dev/zero > ${small}/ballast && exec "$@"`
      const run = ['-m', 'sh', '-c', setUp, 'sh', node, '--no-warnings', script, join(small, 'appgrant.db')]
      const store = started('unshare', run)

      const app = record()
      expect(await ask(store, { insert: app })).toBe('inserted')
      const kept: StoreRecord[] = []
      const refused: StoreRecord[] = []
      while (refused.length < 5 && kept.length < 1000) {
        const big = record({ groups: ['g'], data: JSON.stringify('x'.repeat(6000)) })
        const answer = await ask(store, { insert: big })
        if (answer === 'inserted') kept.push(big)
        else {
          expect(answer).toMatchObject({
            code: 'store_unavailable',
            message: 'the SQLite file cannot grow: the disk is full',
            hint: expect.stringContaining('Free space'),
            notApplied: true,
          })
          refused.push(big)
        }
      }
      expect(kept.length).toBeGreaterThan(10)
      const bigger = changed(app, { data: JSON.stringify('x'.repeat(20_000)) })
      expect(await ask(store, { replace: [app, bigger] })).toMatchObject({ notApplied: true })
      expect(await ask(store, { get: [app, ...kept].map(refOf) })).toEqual([app, ...kept])
      expect(await ask(store, { get: refused.map(refOf) })).toEqual(refused.map(() => null))

      // The disk of the process, as seen from outside.
      rmSync(`/proc/${store.child.pid}/root${small}/ballast`)
      expect(await ask(store, { replace: [app, bigger] })).toBe(true)
      expect(await ask(store, { insert: refused[0] })).toBe('inserted')
      store.child.stdin?.end()
      expect((await store.ended()).how).toBe(0)
    })
  })
}
