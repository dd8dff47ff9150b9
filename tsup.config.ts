import { writeFileSync } from 'node:fs'
import { defineConfig } from 'tsup'

const ENTRIES = {
  index: 'src/index.ts',
  http: 'src/http/index.ts',
  node: 'src/node.ts',
  resource: 'src/resource.ts',
  testing: 'src/testing/index.ts',
  store: 'src/store.ts',
  memory: 'adapters/memory/memory-store.ts',
  redis: 'adapters/redis/redis-store.ts',
  mongodb: 'adapters/mongodb/mongo-store.ts',
  postgres: 'adapters/postgres/postgres-store.ts',
  sqlite: 'adapters/sqlite/sqlite-store.ts',
}

export default defineConfig({
  entry: ENTRIES,
  format: 'esm',
  target: 'node20',
  platform: 'node',
  removeNodeProtocol: false,
  splitting: true,
  clean: true,
  sourcemap: true,
  // `tsc -p tsconfig.types.json` writes one readable declaration file for each source file. An entry names its own.
  async onSuccess() {
    for (const [entry, source] of Object.entries(ENTRIES))
      writeFileSync(`dist/${entry}.d.ts`, `export * from './types/${source.replace(/\.ts$/, '.js')}'\n`)
  },
})
