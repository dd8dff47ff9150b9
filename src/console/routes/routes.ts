import type { AppGrant } from '../../create-app-grant.ts'
import type { AddressName } from '../addresses.ts'
import type { ConsoleRoute } from '../call.ts'
import type { ConsoleSettings } from '../options.ts'
import { accountsRoute } from './accounts.ts'
import { allRoute, suspendAllRoute } from './all.ts'
import { appRoute, confirmChangeRoute } from './app.ts'
import { appsRoute } from './apps.ts'
import { addSecretRoute, keysRoute, regenerateRoute, removeSecretRoute } from './credentials.ts'
import { instancesRoute, removeInstancesRoute } from './instances.ts'
import { managedRoute, withdrawRoute } from './managed.ts'
import { confirmNewAppRoute, newAppRoute } from './new-app.ts'
import {
  endTokensRoute,
  publishRoute,
  resourceServerRoute,
  trustRoute,
  unpublishRoute,
  untrustRoute,
} from './operations.ts'
import { removeAppsRoute, removeRoute } from './remove.ts'
import { statusRoute } from './status.ts'
import { tokensRoute } from './tokens.ts'

/** What every address does. */
export function createRoutes(
  { issuer }: Pick<AppGrant, 'issuer'>,
  { accounts }: Pick<ConsoleSettings, 'accounts'>,
): Readonly<Partial<Record<AddressName, ConsoleRoute>>> {
  const tokenEndpoint = issuer === undefined ? undefined : `${issuer.replace(/\/$/, '')}/token`
  const below = accounts.below?.bind(accounts)
  return {
    home: { get: async ({ account, context }) => ({ redirect: context.to(account === undefined ? 'all' : 'apps') }) },
    apps: appsRoute,
    newApp: newAppRoute(tokenEndpoint),
    confirmNewApp: confirmNewAppRoute,
    removeApps: removeAppsRoute,
    app: appRoute,
    confirmChange: confirmChangeRoute,
    suspend: statusRoute('suspend'),
    resume: statusRoute('resume'),
    tokens: tokensRoute,
    instances: instancesRoute,
    removeInstances: removeInstancesRoute,
    regenerate: regenerateRoute(tokenEndpoint),
    addSecret: addSecretRoute(tokenEndpoint),
    removeSecret: removeSecretRoute,
    keys: keysRoute,
    endTokens: endTokensRoute,
    trust: trustRoute,
    untrust: untrustRoute,
    remove: removeRoute,
    publish: publishRoute,
    unpublish: unpublishRoute,
    resourceServer: resourceServerRoute,
    managed: managedRoute,
    withdraw: withdrawRoute,
    ...(below && { accounts: accountsRoute(below) }),
    all: allRoute,
    suspendAll: suspendAllRoute,
  }
}
