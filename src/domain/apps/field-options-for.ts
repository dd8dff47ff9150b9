import { type Lineage, mayRegisterScope } from '../accounts/accounts.ts'
import type { FieldOptions } from './app-fields.ts'
import type { RegistryParts } from './app-registry.ts'

/** What the host allows in the fields of an app of that owner. */
export function fieldOptionsFor(
  lineage: Lineage,
  { redirects, scopes }: Pick<RegistryParts, 'redirects' | 'scopes'>,
): FieldOptions {
  return {
    redirects,
    scopes: { has: scopes.has, permits: (scope) => mayRegisterScope(lineage, scope) },
  }
}
