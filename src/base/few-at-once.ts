/** Few enough that one operation on many records leaves room for others, and many enough that it need not wait for each. */
const AT_ONCE = 25

/**
 * Calls `run` for every item, a few at once. Rejects if one of them does, without calling it for the items that are left.
 *
 * @param atOnce - for work that itself does several things at once. Default is 25.
 * @returns the results in the order of the items.
 */
export async function fewAtOnce<Item, Result>(
  items: readonly Item[],
  run: (item: Item) => Promise<Result>,
  atOnce = AT_ONCE,
): Promise<readonly Result[]> {
  const results: Result[] = []
  for (let from = 0; from < items.length; from += atOnce)
    results.push(...(await Promise.all(items.slice(from, from + atOnce).map(run))))
  return results
}
