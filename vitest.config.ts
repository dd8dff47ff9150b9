import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    reporters: ['default', './test/reporter/closing-line.ts'],
    passWithNoTests: true,
    // Half of the time a test waits for a server: two files at a time keep even a small machine busy, more would fight over it.
    maxWorkers: 2,
    projects: [
      {
        extends: true,
        test: {
          name: 'unit',
          include: ['test/**/*.test.ts'],
          exclude: ['test/{stores,faults,package}/**'],
          testTimeout: 60_000,
        },
      },
      {
        extends: true,
        test: {
          name: 'servers',
          include: ['test/{stores,faults}/**/*.test.ts'],
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
