import { readFileSync, writeFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { defineConfig, type Options } from 'tsup'

const ENTRIES = {
  index: 'src/index.ts',
  http: 'src/http/index.ts',
  node: 'src/node.ts',
  console: 'src/console/index.ts',
  resource: 'src/resource.ts',
  cimd: 'src/cimd.ts',
  testing: 'src/testing/index.ts',
  store: 'src/store.ts',
  memory: 'adapters/memory/memory-store.ts',
  redis: 'adapters/redis/redis-store.ts',
  mongodb: 'adapters/mongodb/mongo-store.ts',
  postgres: 'adapters/postgres/postgres-store.ts',
  sqlite: 'adapters/sqlite/sqlite-store.ts',
}

/** What is imported with `?raw` becomes text in the bundle, so that nothing reads a file when it runs. */
const RAW: NonNullable<Options['esbuildPlugins']>[number] = {
  name: 'raw',
  setup({ onResolve, onLoad }) {
    // The path keeps its ending: a plugin of tsup takes every path that ends in .css, and puts it into a style sheet beside the bundle.
    // It is written into the bundle, which is the same wherever it is built.
    onResolve({ filter: /\?raw$/ }, ({ path, importer }) => ({
      path: relative(process.cwd(), join(dirname(importer), path)),
      namespace: 'raw',
    }))
    onLoad({ filter: /.*/, namespace: 'raw' }, ({ path }) => ({
      contents: readFileSync(path.replace(/\?raw$/, ''), 'utf8'),
      loader: 'text',
    }))
  },
}

/** The program of the package, which nothing imports: it has no declarations. */
const PROGRAM = { cli: 'src/cli/main.ts' }

export default defineConfig({
  entry: { ...ENTRIES, ...PROGRAM },
  format: 'esm',
  target: 'node20',
  platform: 'node',
  removeNodeProtocol: false,
  splitting: true,
  clean: true,
  sourcemap: true,
  esbuildPlugins: [RAW],
  // `tsc -p tsconfig.types.json` writes one readable declaration file for each source file. An entry names its own.
  async onSuccess() {
    for (const [entry, source] of Object.entries(ENTRIES))
      writeFileSync(`dist/${entry}.d.ts`, `export * from './types/${source.replace(/\.ts$/, '.js')}'\n`)
  },
})
