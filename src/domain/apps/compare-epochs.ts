import { fewAtOnce } from '../../base/few-at-once.ts'
import { PARTITIONS } from '../../credentials/app-key.ts'
import { appKind, appsOfPartition, type LiveApp } from '../../records/app.ts'
import type { Collection } from '../../records/collection.ts'
import type { Pages } from '../../records/pages.ts'
import type { Accounts } from '../accounts/accounts.ts'

/** How many apps are compared. A directory that begins to name epochs does so for most accounts. */
const COMPARED = 20
const PARTITIONS_AT_ONCE = 16

/**
 * Compares whether the directory names an epoch for the owners of some apps with whether it did when their credentials were made:
 * other epochs are ordinary, but the first ones, or none any more, make the apps unusable (ACC-7).
 *
 * @returns a sentence for the first difference; undefined if there is none, or if the directory did not reply.
 */
export async function compareEpochs({
  collection,
  pages,
  accounts,
}: {
  readonly collection: Collection
  readonly pages: Pages
  readonly accounts: Accounts
}): Promise<string | undefined> {
  if (!accounts.hasDirectory) return undefined
  const compared = (await someApps()).slice(0, COMPARED)
  const differences = await fewAtOnce(compared, differenceOf)
  return differences.find((difference) => difference !== undefined)

  /** Those of a few partitions, the first that have any. */
  async function someApps(): Promise<readonly LiveApp[]> {
    for (let from = 0; from < PARTITIONS.length; from += PARTITIONS_AT_ONCE) {
      const found = await fewAtOnce(PARTITIONS.slice(from, from + PARTITIONS_AT_ONCE), appsOf)
      if (found.some(({ length }) => length > 0)) return found.flat()
    }
    return []
  }

  async function appsOf(partition: string): Promise<readonly LiveApp[]> {
    const { items } = await pages.page(
      {
        identity: [],
        rows: [[appsOfPartition(partition)]],
        show: async (records) => records.map((record) => collection.unpack(appKind, record)),
      },
      { limit: COMPARED },
    )
    return items.filter((app) => app.state === 'live')
  }

  async function differenceOf({ key, owner, epoch }: LiveApp): Promise<string | undefined> {
    // Its failure is an event, and must not keep the process from starting.
    const [account] = await accounts.lineage(owner).catch(() => [])
    if (!account || (account.epoch === undefined) === (epoch === undefined)) return undefined
    const [now, before] = epoch === undefined ? ['an epoch', 'none'] : ['no epoch', 'one']
    return `directory names ${now} for the owner of the app ${key}, and named ${before} when its credentials were made`
  }
}
