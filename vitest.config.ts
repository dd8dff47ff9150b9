import { defineConfig } from 'vitest/config'
import { LongFilesFirst } from './test/support/long-files-first.ts'
import { temporaryFolder } from './test/support/temporary-folder.ts'

// Three processes fight over one lock, which each must get within some hundred ms: other files would take the processor from them.
// Every store but the one in memory.
const SERVERS = 'test/adapters/{mongodb,postgres,redis,sqlite}/**'
const ALONE = ['test/adapters/sqlite/fairness.test.ts']
// They replace a module of Node or of a dependency, so it must not have been imported before.
const MOCKED = ['test/domain/apps/authenticate-app.test.ts', 'test/domain/tokens/opaque-cost.test.ts']

export default defineConfig({
  test: {
    reporters: ['default', './test/support/closing-line-reporter.ts'],
    passWithNoTests: true,
    // Half of the time a test waits for a server: two files at a time keep even a small machine busy, more would fight over it.
    maxWorkers: 2,
    // The library keeps no state in its modules. Loading and compiling it anew for each file would take a third of the time.
    isolate: false,
    sequence: { sequencer: LongFilesFirst },
    // Many tests let a store fail. Tests that are about the warning still hear of it.
    execArgv: ['--disable-warning=APPGRANT_OUTAGE'],
    env: { TMPDIR: temporaryFolder() },
    // Style sheets are imported as text, which is empty otherwise.
    css: { include: /\/src\/console\/assets\// },
    projects: [
      {
        extends: true,
        test: {
          name: 'unit',
          include: ['test/**/*.test.ts'],
          exclude: ['test/{clients,faults,package}/**', SERVERS, ...MOCKED],
          testTimeout: 60_000,
        },
      },
      {
        extends: true,
        test: { name: 'mocked', include: MOCKED, isolate: true, testTimeout: 60_000 },
      },
      {
        extends: true,
        test: {
          name: 'servers',
          include: [`${SERVERS}/*.test.ts`, 'test/{clients,faults}/**/*.test.ts'],
          exclude: ALONE,
          testTimeout: 120_000,
          hookTimeout: 120_000,
        },
      },
      {
        extends: true,
        test: {
          name: 'alone',
          include: ALONE,
          sequence: { groupOrder: 1 },
          testTimeout: 120_000,
          hookTimeout: 120_000,
        },
      },
      {
        extends: true,
        test: {
          name: 'package',
          include: ['test/package/**/*.test.ts'],
          // Packs the package, once for all of them.
          globalSetup: ['test/package/setup.ts'],
          testTimeout: 180_000,
          hookTimeout: 180_000,
        },
      },
    ],
  },
})
