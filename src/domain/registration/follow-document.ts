import type { Emitter } from '../../base/events.ts'
import { appKind, appRef, type CheckedFields, type LiveApp, type StoredApp } from '../../records/app.ts'
import type { Collection } from '../../records/collection.ts'
import { update } from '../apps/app-transitions.ts'
import { homepageRule } from '../apps/fields/web-address.ts'
import { foldName } from '../input/fold-name.ts'
import type { Proposal } from './proposal.ts'

/** What a program said of itself before its document said something else. */
export interface DescribedBefore {
  readonly name: string
  readonly redirectUrls: readonly string[]
}

/** The fields of an app that a proposal decides. */
export function describedFields(proposal: Proposal): Omit<CheckedFields, 'scopes'> {
  const { name, homepage, redirectUrls, dpopBoundAccessTokens } = proposal
  const address = homepage === undefined ? undefined : homepageRule.check(homepage)
  return {
    name,
    foldedName: foldName(name),
    ...(address?.ok && { homepage: address.value.display, homepageAscii: address.value.ascii }),
    redirectUrls,
    ...(dpopBoundAccessTokens && { dpopBoundAccessTokens }),
  }
}

/**
 * Makes the app of an account say what the document of its program says now. Whoever controls the document decides where codes may go,
 * so a code whose redirect URL is no longer in it must not work. Sessions go on. A suspended app stays as it is, so that it is found
 * under its name.
 *
 * @returns undefined if the app was removed meanwhile.
 */
export function createFollowDocument({
  collection,
  events,
  stamp,
}: {
  readonly collection: Collection
  readonly events: Emitter
  readonly stamp: () => string
}) {
  return async (
    app: LiveApp,
    proposal: Proposal,
    actor: { readonly account: string; readonly login?: string },
  ): Promise<{ readonly app: LiveApp; readonly before?: DescribedBefore } | undefined> => {
    if (proposal.publisher === undefined || saysTheSame(app, proposal)) return { app }
    let found: StoredApp | undefined
    const stored = await collection.write<StoredApp>(appKind, appRef(app.key), (current) => {
      found = current
      if (current?.state !== 'live' || current.suspended) return undefined
      const { origin = app.origin, ...rest } = update(
        current,
        { ...fieldsOutside(current.fields), ...describedFields(proposal) },
        stamp,
      )
      return { ...rest, ...(origin && { origin: { ...origin, hosts: proposal.hosts } }) }
    })
    if (stored?.state !== 'live') return found?.state === 'live' ? { app: found } : undefined
    events.emit('app', actor, { change: 'updated', app: app.key })
    const { name, redirectUrls } = app.fields
    return { app: stored, ...(!isDescribedAs(app, proposal) && { before: { name, redirectUrls } }) }
  }
}

/** What a document does not decide, and what it decides by saying it. */
function fieldsOutside({ dpopBoundAccessTokens: _, ...fields }: CheckedFields): CheckedFields {
  return fields
}

function saysTheSame(app: LiveApp, proposal: Proposal): boolean {
  return isDescribedAs(app, proposal) && app.fields.dpopBoundAccessTokens === proposal.dpopBoundAccessTokens
}

/** Whether people see the same. */
function isDescribedAs({ fields }: LiveApp, { name, redirectUrls }: Proposal): boolean {
  return fields.name === name && JSON.stringify(fields.redirectUrls) === JSON.stringify(redirectUrls)
}
