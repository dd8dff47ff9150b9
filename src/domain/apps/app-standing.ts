import { isAppGrantError } from '../../base/errors.ts'
import type { LiveApp } from '../../records/app.ts'
import type { AppStanding } from './app.ts'
import { HOST_RANK, suspensionRank } from './app-transitions.ts'
import { type Authority, isOfEpoch } from './visible-apps.ts'

/** The rank that an authority needs to end the suspension of an app (REV-5). */
export async function suspensionRankFor(app: LiveApp, authority: Authority): Promise<number> {
  const lineage = app.suspended && authority.rank !== HOST_RANK ? await authority.lineage() : []
  return suspensionRank(app, (account) => lineage.findIndex((state) => state.id === account))
}

/** @param authority - undefined for the host's over every account, which does not ask about each. */
export async function standingOf(app: LiveApp, authority: Authority | undefined): Promise<AppStanding> {
  const mayResume = !authority || authority.rank >= (await suspensionRankFor(app, authority))
  return {
    ...(app.suspended && { mayResume }),
    ...(authority && (await isReplaced(app, authority)) && { ownerReplaced: true }),
  }
}

/** The host sees its apps even if the directory cannot be asked. */
async function isReplaced(app: LiveApp, authority: Authority): Promise<boolean> {
  try {
    return !(await isOfEpoch(app, authority))
  } catch (error) {
    if (isAppGrantError(error, 'directory_unavailable')) return false
    throw error
  }
}
