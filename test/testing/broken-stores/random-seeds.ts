// Runs every broken store that is found without waiting, again and again with other seeds, and reports where other cases
// failed than those it names: npx tsx test/testing/broken-stores/random-seeds.ts [rounds] [part of a defect]
import { randomInt } from 'node:crypto'
import { conformance } from '../../../src/testing/index.ts'
import { brokenStores } from './broken-stores.ts'

const [rounds = '10', part = ''] = process.argv.slice(2)
const chosen = brokenStores.filter(({ defect }) => defect.includes(part))
const differences = new Map<string, string[]>()

for (let round = 1; round <= Number(rounds); round++) {
  for (const { defect, fails, target } of chosen) {
    const seed = randomInt(2 ** 31)
    const failed = new Set<string>()
    for (const { name, run } of conformance) await run({ ...target(), seed }).catch(() => failed.add(name))
    const missed = fails.filter((name) => !failed.has(name)).map((name) => `missed: ${name}`)
    const extra = [...failed].filter((name) => !fails.includes(name)).map((name) => `also failed: ${name}`)
    for (const difference of [...missed, ...extra]) {
      const key = `${defect}: ${difference}`
      if (!differences.has(key)) console.log(`seed ${seed}: ${key}`)
      differences.set(key, [...(differences.get(key) ?? []), String(seed)])
    }
  }
  console.log(`round ${round} of ${rounds}: ${chosen.length} stores, ${differences.size} kinds of differences so far`)
}
for (const [key, seeds] of differences) console.log(`${seeds.length} of ${rounds}, seeds ${seeds.join(' ')}: ${key}`)
process.exitCode = differences.size > 0 ? 1 : 0
