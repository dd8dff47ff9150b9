import { partitionOf } from '../credentials/app-key.ts'
import type { RecordRef } from '../store/store.ts'
import type { Collection, Kind } from './collection.ts'

/** The options that must be the same on all nodes, by name. Values are JSON text without a secret in it. */
export type NodeOptions = Readonly<Record<string, string>>

const KIND = 'o'
const REF: RecordRef = { kind: KIND, partition: partitionOf(''), id: 'options' }

/** There is one record: the options of the node that was prepared last. */
const nodeOptionsKind: Kind<NodeOptions> = {
  name: KIND,
  place: () => ({ partition: REF.partition, id: REF.id, groups: [], position: 0 }),
  pack: (options) => JSON.stringify(options),
  unpack: ({ data }) => JSON.parse(data),
}

/**
 * Compares the options of this node with those of the node that was prepared last, and stores its own in their place.
 *
 * @returns a sentence for each difference.
 */
export async function compareNodeOptions(collection: Collection, own: NodeOptions): Promise<readonly string[]> {
  let differences: readonly string[] = []
  await collection.write(nodeOptionsKind, REF, (stored) => {
    const other = stored ?? own
    const names = [...new Set([...Object.keys(own), ...Object.keys(other)])].filter((name) => own[name] !== other[name])
    differences = names.map((name) => `${name} is ${shown(own[name])} here and ${shown(other[name])} on another node`)
    return stored && names.length === 0 ? undefined : own
  })
  return differences
}

/** The options of the node that was prepared last; undefined if none was. */
export function readNodeOptions(collection: Collection): Promise<NodeOptions | undefined> {
  return collection.load(nodeOptionsKind, REF)
}

/** A node that leaves an option out has its default. */
function shown(value: string | undefined): string {
  return value === undefined || value === 'null' ? 'not set' : value
}
