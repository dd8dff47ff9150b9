import type { Reporter, TestModule } from 'vitest/node'

/** Prints what was skipped, by name, and the one line that programs read, after everything else. */
export default class ClosingLine implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], errors: readonly unknown[]): void {
    const count = { passed: 0, failed: errors.length, skipped: 0 }
    const skipped: string[] = []
    for (const module of modules) {
      const tests = [...module.children.allTests()]
      // A file that could not be loaded has no tests, and must not look like a success.
      if (tests.length === 0 && module.state() === 'failed') count.failed++
      for (const test of tests) {
        const state = test.result().state
        if (state === 'passed' || state === 'failed') count[state]++
        else {
          count.skipped++
          if (test.fullName.includes('skipped:')) skipped.push(test.fullName)
        }
      }
    }
    process.on('exit', () => {
      for (const name of skipped) process.stdout.write(`${name}\n`)
      process.stdout.write(`${count.passed} passed, ${count.failed} failed, ${count.skipped} skipped\n`)
    })
  }
}
