import { APP_FIELDS, type AppValues, type NewAppValues, type Snapshot } from './app-values.ts'
import type { Form } from './read-form.ts'

/** The fields of an app as they were typed. The core decides what is wrong with them. */
export function readAppValues(form: Form): AppValues {
  const text = (name: string) => form.get(name) ?? ''
  return {
    name: text('name'),
    // Browsers send line breaks as CR LF, which nobody typed.
    description: text('description').replaceAll('\r\n', '\n'),
    homepage: text('homepage'),
    image: text('image'),
    adminEmail: text('adminEmail'),
    adminPhone: text('adminPhone'),
    // A field that was emptied takes its URL away.
    redirectUrls: form.getAll('redirectUrls').filter((url) => url.trim() !== ''),
    scopes: form.getAll('scopes').filter((scope) => scope !== ''),
    apiType: text('apiType'),
    dpopBoundAccessTokens: form.get('dpopBoundAccessTokens') === 'yes',
  }
}

export function readNewApp(form: Form): NewAppValues {
  const authentication = form.get('authentication')
  return {
    ...readAppValues(form),
    trusted: form.get('trusted') === 'yes',
    authentication: authentication === 'jwks' || authentication === 'none' ? authentication : 'secret',
    jwks: form.get('jwks') ?? '',
  }
}

/** What the form was made from; a field that does not say it is taken as changed. */
export function readSnapshot(form: Form): Snapshot {
  return Object.fromEntries(APP_FIELDS.map((field) => [field, form.get(`was.${field}`) ?? ''])) as Record<
    keyof Snapshot,
    string
  >
}

/** What a button besides OK does to the form, which then comes back; undefined if it was OK. */
export function rearranged<Values extends AppValues>(form: Form, values: Values): Values | undefined {
  const button = form.get('more')
  if (button === null) return undefined
  if (button === 'redirect') return { ...values, redirectUrls: [...values.redirectUrls, ''] }
  const [, at = ''] = /^fix-(\d{1,2})$/.exec(button) ?? []
  const fixed = form.get(button)
  const urls = form.getAll('redirectUrls')
  if (fixed === null || urls[Number(at)] === undefined) return values
  return { ...values, redirectUrls: urls.with(Number(at), fixed) }
}

/**
 * The keys of a JWK set, as the core takes them: it checks every one.
 *
 * @returns undefined if it is not JSON with a list `keys`.
 */
export function readJwks(text: string): readonly unknown[] | undefined {
  try {
    const { keys } = JSON.parse(text) as { readonly keys?: unknown }
    return Array.isArray(keys) ? keys : undefined
  } catch {
    return undefined
  }
}

/** The keys that were typed, to show them again; nothing if there is a private one among them. */
export function shownJwks(text: string): string {
  return /"(?:d|p|q|dp|dq|qi|oth|k)"\s*:/.test(text) ? '' : text
}
