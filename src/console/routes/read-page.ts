import { isAppGrantError } from '../../base/errors.ts'
import type { Html } from '../../frame/html.ts'
import type { Context } from '../context.ts'
import { warning } from '../messages.ts'
import type { ListState } from '../pages/list-states.ts'

/** How many entries a page of a list has. */
export const PAGE_SIZE = 50

export interface ReadPage<Item> {
  readonly items: readonly Item[]
  readonly list: ListState
  /** Says that the cursor was not one of the list any more, so that this is its first page. */
  readonly changed: Html | undefined
}

/** @param search - what the list is searched by; empty: it is the whole list. */
export async function readPage<Item>(
  { cursor, search, context }: { readonly cursor: string | null; readonly search: string; readonly context: Context },
  read: (page: {
    readonly cursor?: string
    readonly limit: number
  }) => Promise<{ readonly items: readonly Item[]; readonly nextCursor?: string }>,
): Promise<ReadPage<Item>> {
  const first = () => read({ limit: PAGE_SIZE })
  let changed: Html | undefined
  const page = await (cursor === null || cursor === ''
    ? first()
    : read({ limit: PAGE_SIZE, cursor }).catch((error: unknown) => {
        if (!isAppGrantError(error, 'invalid_cursor')) throw error
        changed = warning(context.texts.listChanged)
        return first()
      }))
  const { items, nextCursor } = page
  const isFirst = cursor === null || cursor === '' || changed !== undefined
  return {
    items,
    changed,
    list: {
      isFirst,
      next: nextCursor,
      ...(!isFirst && { cursor }),
      isCut: search !== '' && items.length < PAGE_SIZE && nextCursor !== undefined,
    },
  }
}
