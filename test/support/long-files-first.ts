import { BaseSequencer, type TestSpecification } from 'vitest/node'

/** The files that take longer than half a minute, the longest first. */
const LONG = [
  'mongodb/domain',
  'redis/domain',
  'mongodb/conformance',
  'console/pages.browser',
  'postgres/domain',
  'faults/mongodb-failover',
  'broken-stores/broken-stores',
  'sqlite/processes',
  'sqlite/domain',
  'faults/receipts',
  'redis/secrets',
  'faults/redis-failover',
  'mongodb/secrets',
]
/** The files whose tests mostly wait: for servers that are stopped, and for other programs. */
const WAITING = /\/(clients|faults)\//

/**
 * Starts the longest files first, so that no worker has one of them left when the other one has nothing, and spreads those that wait
 * among the others, so that not all workers wait at once.
 */
export class LongFilesFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files)
    const long = LONG.flatMap((name) => sorted.filter(({ moduleId }) => moduleId.endsWith(`${name}.test.ts`)))
    const rest = sorted.filter((file) => !long.includes(file))
    const waiting = rest.filter(({ moduleId }) => WAITING.test(moduleId))
    const busy = rest.filter((file) => !waiting.includes(file))
    return [...long, ...spread(busy, waiting)]
  }
}

/** Both lists in one, each evenly from its beginning to its end. */
function spread<Item>(...lists: readonly (readonly Item[])[]): Item[] {
  const placed = lists.flatMap((list) => list.map((item, n) => ({ item, at: (n + 0.5) / list.length })))
  return placed.toSorted((one, other) => one.at - other.at).map(({ item }) => item)
}
