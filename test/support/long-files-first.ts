import { BaseSequencer, type TestSpecification } from 'vitest/node'

/** The files that take longer than a minute, the longest first. */
const LONG = [
  'mongodb/domain',
  'mongodb/conformance',
  'redis/domain',
  'postgres/domain',
  'sqlite/processes',
  'faults/mongodb-failover',
  'model/interleavings',
  'postgres/conformance',
  'redis/conformance',
  'sqlite/domain',
  'faults/receipts',
]

/** Starts the longest files first, so that no worker has one of them left when the other one has nothing. */
export class LongFilesFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files)
    const placeOf = ({ moduleId }: TestSpecification) => {
      const place = LONG.findIndex((name) => moduleId.endsWith(`${name}.test.ts`))
      return place === -1 ? LONG.length : place
    }
    return sorted.toSorted((one, other) => placeOf(one) - placeOf(other))
  }
}
