import { type AppGrantError, isAppGrantError } from '../../base/errors.ts'
import { fewAtOnce } from '../../base/few-at-once.ts'
import type { Reply } from '../call.ts'
import type { Context } from '../context.ts'
import { type ResultsView, resultsPage } from '../pages/results.ts'
import { sentenceFor } from './refusals.ts'

const AT_ONCE = 10

interface Done {
  readonly name: string
  readonly error: AppGrantError | undefined
}

/** What is said after several operations. */
interface EachOf extends Omit<ResultsView, 'results'> {
  readonly context: Context
  /** Where it leads to if all were done. */
  readonly redirect: string
}

/**
 * Does the same to each of what was selected. One refusal does not undo the rest, so if any failed, a page tells of each for itself.
 *
 * @throws the error of all of them, if each failed for the same reason: then the form can be sent again as it is.
 */
export async function eachOf<Item extends { readonly name: string }>(
  items: readonly Item[],
  run: (item: Item) => Promise<unknown>,
  { context, redirect, ...view }: EachOf,
): Promise<Reply> {
  const attempt = async (item: Item): Promise<Done> => {
    const { name } = item
    try {
      await run(item)
      return { name, error: undefined }
    } catch (error) {
      if (!isAppGrantError(error)) throw error
      return { name, error }
    }
  }
  const done = await fewAtOnce(items, attempt, AT_ONCE)
  if (done.every(({ error }) => error === undefined)) return { redirect }
  const [first] = done
  if (first?.error && done.every(({ error }) => error?.code === first.error?.code)) throw first.error
  const { texts } = context
  const results = done.map(({ name, error }) => ({
    name,
    problem: error && (sentenceFor(error, texts) ?? texts.notValid),
  }))
  return { page: resultsPage({ ...view, results }, context), context }
}
