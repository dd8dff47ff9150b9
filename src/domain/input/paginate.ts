import type { Page } from '../../records/pages.ts'

/**
 * Iterates over the items of all pages of a list.
 *
 * @param page - returns the page at the cursor, or the first page without one.
 * @example
 * ```ts
 * for await (const app of paginate((cursor) => appgrant.apps.list({ owner: 'org-7', cursor }))) console.log(app.name)
 * ```
 */
export async function* paginate<T>(
  page: (cursor: string | undefined) => Promise<Page<T>>,
): AsyncGenerator<T, void, undefined> {
  let cursor: string | undefined
  do {
    const { items, nextCursor } = await page(cursor)
    yield* items
    cursor = nextCursor
  } while (cursor !== undefined)
}
