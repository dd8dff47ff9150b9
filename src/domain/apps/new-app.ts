import type { RandomText } from '../../credentials/random.ts'
import type { LiveApp } from '../../records/app.ts'
import type { CheckedNewApp } from './app-fields.ts'

const SALT_LENGTH = 43

/** The record of a new app: its stamps and its salt are drawn here. */
export function newApp(
  { random, stamp }: { readonly random: RandomText; readonly stamp: () => string },
  {
    checked: { fields, trusted },
    epoch,
    ...given
  }: Pick<LiveApp, 'key' | 'owner' | 'createdAt' | 'credentials' | 'origin'> & {
    readonly epoch: string | undefined
    readonly checked: Pick<CheckedNewApp, 'fields' | 'trusted'>
  },
): LiveApp {
  return {
    state: 'live',
    ...given,
    ...(epoch !== undefined && { epoch }),
    fields,
    trusted,
    published: false,
    removedSecretIds: [],
    stamp: stamp(),
    trustStamp: stamp(),
    ownerStamp: stamp(),
    redirectStamps: fields.redirectUrls.map(stamp),
    salt: random(SALT_LENGTH),
  }
}
