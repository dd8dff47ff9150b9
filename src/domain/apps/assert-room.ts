import { appsOfOwner } from '../../records/app.ts'
import type { Pages } from '../../records/pages.ts'
import { limitReached } from './app-errors.ts'

/**
 * Rejects early if the owner has as many apps as it may have. Only the write of the app is exact.
 *
 * @throws {@link AppGrantError} `app_limit_reached`
 */
export async function assertRoom(
  owner: string,
  { pages, appsPerOwner }: { readonly pages: Pages; readonly appsPerOwner: number },
): Promise<void> {
  if ((await pages.count([appsOfOwner(owner)], 0)) >= appsPerOwner) throw limitReached(owner, appsPerOwner)
}
