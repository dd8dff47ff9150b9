import { createHash } from 'node:crypto'
import { createDeadline } from '../../base/deadline.ts'
import { emitTo } from '../../base/events.ts'
import { fewAtOnce } from '../../base/few-at-once.ts'
import type { AppGrant } from '../../create-app-grant.ts'
import type { RequestContext } from '../../domain/apps/authenticate-app.ts'
import { HttpError, invalidRequest } from '../wire/http-error.ts'
import type { IncomingRequest } from '../wire/request.ts'
import { readJsonValue } from '../wire/request-body.ts'
import { jsonResponse } from '../wire/response.ts'
import type { Route } from '../wire/router.ts'
import { isSignedBy, type LeakReportOptions, type ScannerKey } from './scanner-signature.ts'

const MAX_BODY_BYTES = 1024 * 1024
const MAX_ENTRIES = 1000
/** Scanners wait for half a minute. */
const MAX_MS = 25_000
const KEYS_TIMEOUT_MS = 5000

/** One credential that a scanner has found. Other members, such as `source`, are ignored. */
interface Entry {
  readonly token: string
  readonly key: string | undefined
  readonly url: string | undefined
  /** The scanner's name of its kind, which is sent back. */
  readonly type: unknown
}

/**
 * POST /leaked: revokes the credentials in a report, in the format of GitHub's secret scanning partner program. Nobody has to
 * authenticate: a credential is revoked because it was presented. Only a report with a valid signature is told which were valid.
 *
 * @see [Secret scanning partner program](https://docs.github.com/en/code-security/secret-scanning/secret-scanning-partner-program)
 */
export function leakedRoute(core: AppGrant, { scannerKeys }: LeakReportOptions): Route {
  const withinDeadline = createDeadline(KEYS_TIMEOUT_MS)

  /** What the host cannot say is not a reason to leave a credential valid. */
  async function keysFor(request: IncomingRequest): Promise<readonly ScannerKey[]> {
    if (!scannerKeys || !request.headers.has('github-public-key-signature')) return []
    try {
      return [
        ...(await withinDeadline(
          async () => scannerKeys(),
          (cause) => cause,
        )),
      ]
    } catch (cause) {
      emitTo(core.events, 'outage', { code: 'server_error', operation: 'leakReports.scannerKeys', cause })
      return []
    }
  }

  return {
    method: 'POST',
    path: '/leaked',
    errorFormat: 'oauth',
    async respond({ request, context }) {
      const endsAt = performance.now() + MAX_MS
      const { value, bytes } = await readJsonValue(request, MAX_BODY_BYTES)
      const entries = entriesIn(value)
      const keys = await keysFor(request)
      const revoked = await revokeAll(core, entries, { endsAt, context })
      if (!keys.some((key) => isSignedBy(key, request.headers, bytes))) return jsonResponse([])
      return jsonResponse(entries.map((entry) => labelOf(entry, revoked.get(nameOf(entry)) === true)))
    },
  }
}

/** Each credential once, however often it is reported. */
async function revokeAll(
  core: AppGrant,
  entries: readonly Entry[],
  { endsAt, context }: { readonly endsAt: number; readonly context: RequestContext },
): Promise<ReadonlyMap<string, boolean>> {
  const distinct = new Map(entries.map((entry) => [nameOf(entry), entry]))
  const results = await fewAtOnce([...distinct], async ([name, { token, key, url }]) => {
    if (performance.now() > endsAt) throw tooSlow()
    return [name, await core.authorizer.reportLeak({ token, key, url, ...context })] as const
  })
  return new Map(results)
}

function entriesIn(report: unknown): readonly Entry[] {
  if (!Array.isArray(report)) throw invalidRequest('the body must be a JSON array')
  if (report.length > MAX_ENTRIES) throw invalidRequest(`at most ${MAX_ENTRIES} entries`, 413)
  return report.map((entry: unknown, at) => {
    const { token, key, url, type } = typeof entry === 'object' && entry !== null ? (entry as Partial<Entry>) : {}
    if (typeof token !== 'string') throw invalidRequest(`[${at}].token must be a string`)
    if (key !== undefined && typeof key !== 'string') throw invalidRequest(`[${at}].key must be a string`)
    return { token, key, url: typeof url === 'string' ? url : undefined, type }
  })
}

const nameOf = ({ token, key = '' }: Entry) => `${key} ${token}`

function labelOf({ token, type }: Entry, wasValid: boolean) {
  return {
    token_hash: createHash('sha256').update(token).digest('hex'),
    ...(typeof type === 'string' && { token_type: type }),
    label: wasValid ? 'true_positive' : 'false_positive',
  }
}

function tooSlow(): HttpError {
  const message = 'not all credentials were processed in time: send the report again'
  return new HttpError(503, 'temporarily_unavailable', message, { headers: { 'retry-after': '5' } })
}
