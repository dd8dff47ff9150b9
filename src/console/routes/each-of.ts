import { type AppGrantError, isAppGrantError } from '../../base/errors.ts'
import { fewAtOnce } from '../../base/few-at-once.ts'
import type { Texts } from '../texts/texts.ts'
import { sentenceFor } from './refusals.ts'

const AT_ONCE = 10

/** What became of one of several operations. */
export interface Outcome {
  readonly name: string
  /** Why it was not done, or may not have been; undefined if it was. */
  readonly problem: string | undefined
}

interface Done extends Outcome {
  readonly error: AppGrantError | undefined
}

/**
 * Does the same to each of what was selected. One refusal does not undo the rest, so each is told for itself.
 *
 * @param run - one operation. @returns what it was done to, as people call it.
 * @throws the error of all of them, if each failed for the same reason: then the form can be sent again as it is.
 */
export async function eachOf<Item extends { readonly name: string }>(
  items: readonly Item[],
  run: (item: Item) => Promise<unknown>,
  texts: Texts,
): Promise<{ readonly outcomes: readonly Outcome[]; readonly hasFailed: boolean }> {
  const attempt = async (item: Item): Promise<Done> => {
    const { name } = item
    try {
      await run(item)
      return { name, error: undefined, problem: undefined }
    } catch (error) {
      if (!isAppGrantError(error)) throw error
      return { name, error, problem: sentenceFor(error, texts) ?? texts.notValid }
    }
  }
  const done = await fewAtOnce(items, attempt, AT_ONCE)
  const [first] = done
  if (first?.error && done.every(({ error }) => error?.code === first.error?.code)) throw first.error
  return {
    outcomes: done.map(({ name, problem }) => ({ name, problem })),
    hasFailed: done.some(({ error }) => error !== undefined),
  }
}
