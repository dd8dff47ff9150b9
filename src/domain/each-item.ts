import type { Page } from '../records/pages.ts'

/**
 * Walks every page of a list.
 *
 * @example
 * ```ts
 * for await (const app of eachItem((cursor) => grants.apps.list({ owner: 'org-7', ...(cursor && { cursor }) }))) console.log(app.name)
 * ```
 */
export async function* eachItem<T>(
  page: (cursor: string | undefined) => Promise<Page<T>>,
): AsyncGenerator<T, void, undefined> {
  let cursor: string | undefined
  do {
    const { items, nextCursor } = await page(cursor)
    yield* items
    cursor = nextCursor
  } while (cursor !== undefined)
}
