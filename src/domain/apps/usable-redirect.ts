import { hasRegisteredItself, isPublic, type LiveApp } from '../../records/app.ts'
import { allowsScheme, allowsSelfRegistered, type RedirectPolicy, schemeOf } from '../input/redirect-policy.ts'

/** Whether the redirect URL with that stamp is still registered, and the host still allows it (APP-3). */
export function isUsableRedirect(app: LiveApp, stamp: string | undefined, policy: RedirectPolicy): boolean {
  const url = stamp === undefined ? undefined : app.fields.redirectUrls[app.redirectStamps.indexOf(stamp)]
  if (url === undefined) return false
  return hasRegisteredItself(app)
    ? allowsSelfRegistered(policy, url)
    : allowsScheme(policy, schemeOf(url) ?? '', isPublic(app))
}
