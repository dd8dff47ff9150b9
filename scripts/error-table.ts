// Writes the table of error codes into the README, from the TSDoc of the codes and the responses that `src/http` makes of
// them. With --check it writes nothing, and fails if the README differs or a code has no meaning.
import { readFileSync, writeFileSync } from 'node:fs'
import { AppGrantError, type ErrorCode, type ErrorDetails } from '../src/base/errors.ts'
import { type ErrorFormat, errorResponse } from '../src/http/wire/error-response.ts'

const README = new URL('../README.md', import.meta.url)
const ERRORS = new URL('../src/base/errors.ts', import.meta.url)
const PLACE = /(<!-- error codes: npm run errors -->\n).*?(<!-- \/error codes -->)/s

const readme = readFileSync(README, 'utf8')
if (!PLACE.test(readme)) fail('README.md has no place for the table of error codes')
const written = readme.replace(PLACE, `$1${table()}$2`)
if (!process.argv.includes('--check')) writeFileSync(README, written)
else if (written !== readme) fail('the error codes in README.md are out of date: run `npm run errors`')

function table(): string {
  const rows = meanings().map(([code, meaning]) => `| \`${code}\` | ${httpOf(code)} | ${meaning} |\n`)
  return `| code | HTTP | meaning |\n|---|---|---|\n${rows.join('')}`
}

/** Each code with its TSDoc, in the order of the source. */
function meanings(): readonly (readonly [ErrorCode, string])[] {
  const source = readFileSync(ERRORS, 'utf8')
  const [, body = ''] = /^export interface ErrorDetails \{\n(.*?)^\}/ms.exec(source) ?? []
  const codes = [...body.matchAll(/^ {2}(\w+): /gm)].map(([, code]) => code as ErrorCode)
  if (codes.length === 0) fail(`no error codes in ${ERRORS.pathname}`)
  return codes.map((code) => {
    const [, comment] = new RegExp(`/\\*\\*((?:(?!\\*/).)*)\\*/\\s+${code}: `, 's').exec(body) ?? []
    const meaning = comment?.replaceAll(/\s*\n\s*\*?\s*/g, ' ').trim()
    if (!meaning) fail(`${code} has no TSDoc in src/base/errors.ts`)
    return [code, meaning.replaceAll('|', '\\|')] as const
  })
}

/** The status and the OAuth error code; of the JSON API, the status only, because its error code is the same. */
function httpOf(code: ErrorCode): string {
  const oauth = responseTo(code, 'oauth')
  const api = responseTo(code, 'api')
  const atOAuth = `${oauth.status} \`${oauth.error}\``
  // 400 is what is left over: a code with a status or an OAuth error of its own has no need of it.
  if (oauth.error === 'invalid_request') return `${api.status}`
  return api.status === 400 || api.status === oauth.status ? atOAuth : `${atOAuth}, in the JSON API ${api.status}`
}

function responseTo(code: ErrorCode, format: ErrorFormat): { readonly status: number; readonly error: string } {
  const details = code === 'too_many_failures' ? { retryAfterSeconds: 1 } : {}
  const response = errorResponse(
    new AppGrantError(code, { details: details as ErrorDetails[ErrorCode] }),
    format,
    new Headers(),
  )
  const { error } = JSON.parse(response?.body ?? '{}') as { error?: string }
  if (!response || error === undefined) fail(`${code} has no response`)
  return { status: response.status, error }
}

function fail(problem: string): never {
  process.stderr.write(`error-table: ${problem}\n`)
  process.exit(1)
}
