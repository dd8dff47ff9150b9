/** The longest form: 1,024 characters of any script and 20 redirect URLs fit into half of it. */
export const MAX_FORM_BYTES = 64 * 1024

/** Why a body is not read. */
export type FormProblem = 'tooLarge' | 'wrongType' | 'invalidRequest'

/** The fields of a form; a name may come more than once. */
export type Form = URLSearchParams

/** What is read of a request's body. */
export interface FormSource {
  readonly headers: Pick<Headers, 'get'>
  /** Undefined if the body has more bytes than `limit`. Rejects if it breaks off. */
  readBody(limit: number): Promise<Uint8Array | undefined>
}

/** Reads a form that a browser sent. */
export async function readForm({ headers, readBody }: FormSource): Promise<Form | FormProblem> {
  const [type = ''] = (headers.get('content-type') ?? '').split(';', 1)
  // Unpacking is where small bodies become large ones.
  const encoding = headers.get('content-encoding') ?? 'identity'
  if (type.trim().toLowerCase() !== 'application/x-www-form-urlencoded' || encoding.toLowerCase() !== 'identity')
    return 'wrongType'
  if (Number(headers.get('content-length')) > MAX_FORM_BYTES) return 'tooLarge'
  try {
    const bytes = await readBody(MAX_FORM_BYTES)
    if (!bytes) return 'tooLarge'
    return new URLSearchParams(new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes))
  } catch {
    return 'invalidRequest'
  }
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
