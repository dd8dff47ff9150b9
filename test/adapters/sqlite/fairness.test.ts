import { expect, it } from 'vitest'
import { describeWith } from '../../support/servers/describe-with.ts'
import { sqliteDrivers } from '../../support/servers/sqlite.ts'
import { processesOf } from './processes.ts'

for (const { title, found, missing } of sqliteDrivers) {
  describeWith(`sqliteStore by ${title}, with processes that write all the time`, { found, missing }, ({ node }) => {
    const { newPath, start, end } = processesOf(node)

    it('three processes that write all the time leave each other room, and no write is refused', async () => {
      const path = newPath()
      const writers = await Promise.all([1, 2, 3].map(() => start('write-much.ts', [path, '3000'])))
      for (const { rest } of await end(...writers)) {
        const { writes, failure } = JSON.parse(rest[0] ?? '{}')
        expect(failure).toBeUndefined()
        expect(writes).toBeGreaterThan(10)
      }
    })
  })
}
