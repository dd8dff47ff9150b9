import type { Actor } from '../../base/events.ts'
import { type Lineage, mayRegisterScope } from '../accounts/accounts.ts'
import type { FieldOptions } from './app-fields.ts'
import type { RegistryParts } from './app-registry.ts'

/**
 * What the host allows in the fields of an app of that owner.
 *
 * @param actor - who gives the fields: only the host may give a reserved name.
 */
export function fieldOptionsFor(
  lineage: Lineage,
  {
    redirects,
    scopes,
    isReservedName,
    bindsKeys,
  }: Pick<RegistryParts, 'redirects' | 'scopes' | 'isReservedName' | 'bindsKeys'>,
  actor: Actor,
): FieldOptions {
  return {
    redirects,
    scopes: { has: scopes.has, permits: (scope) => mayRegisterScope(lineage, scope) },
    bindsKeys,
    isReservedName: (name) => actor.account !== undefined && isReservedName(name),
  }
}
