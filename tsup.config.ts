import { defineConfig } from 'tsup'

export default defineConfig({
  entry: {
    index: 'src/index.ts',
    http: 'src/http/index.ts',
    node: 'src/node.ts',
    resource: 'src/resource.ts',
    testing: 'src/testing/index.ts',
    memory: 'adapters/memory/memory-store.ts',
    redis: 'adapters/redis/redis-store.ts',
    mongodb: 'adapters/mongodb/mongo-store.ts',
    sqlite: 'adapters/sqlite/sqlite-store.ts',
  },
  format: 'esm',
  target: 'node20',
  platform: 'node',
  removeNodeProtocol: false,
  splitting: true,
  clean: true,
  dts: { compilerOptions: { ignoreDeprecations: '6.0' } },
})
