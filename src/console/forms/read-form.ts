import type { IncomingRequest } from '../../http/wire/request.ts'
import { readFormText } from '../../http/wire/request-body.ts'

/** The longest form: 1,024 characters of any script and 20 redirect URLs fit into half of it. */
export const MAX_FORM_BYTES = 64 * 1024

/** The fields of a form; a name may come more than once. */
export type Form = URLSearchParams

/**
 * Reads a form that a browser sent.
 *
 * @throws HttpError 415, 413, or 400 if the form is malformed.
 */
export async function readForm(request: IncomingRequest): Promise<Form> {
  return new URLSearchParams(await readFormText(request, MAX_FORM_BYTES))
}

const MAX_SELECTED = 100

/**
 * What was selected in a list: each box that was ticked or, if only the one in the header was, every row of the page.
 *
 * @returns undefined if it is more than a page can have.
 */
export function selection(form: Form, name: string): readonly string[] | undefined {
  const ticked = form.getAll(name)
  const chosen = ticked.length === 0 && form.get('all') === 'page' ? form.getAll('row') : ticked
  const distinct = [...new Set(chosen)]
  return distinct.length > MAX_SELECTED ? undefined : distinct
}
