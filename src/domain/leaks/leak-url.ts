import { parseUrl } from '../../base/parse-url.ts'

const MAX_URL = 2048
/** A credential of any platform, or what is left of one. */
const CREDENTIAL = /[a-z][a-z0-9]{1,9}_[a-z]{2}_[A-Za-z0-9]{20}|ags[A-Za-z0-9]{20}|eyJ[\w-]{20}/

/**
 * The URL at which a credential was found, as it may be logged: an http or https URL of at most 2048 characters, without user name,
 * query and fragment. Undefined if there is none, or if it contains the credential, or anything that looks like one.
 */
export function leakUrl(text: string, token: string): string | undefined {
  const url = text.length > MAX_URL ? undefined : parseUrl(text)
  if (url?.protocol !== 'https:' && url?.protocol !== 'http:') return undefined
  const shown = url.origin + url.pathname
  const plain = decoded(shown)
  const isUnsafe = plain === undefined || plain.includes(token) || CREDENTIAL.test(plain)
  return isUnsafe || token === '' ? undefined : shown
}

function decoded(text: string): string | undefined {
  try {
    return decodeURIComponent(text)
  } catch {
    return undefined
  }
}
