import { AppGrantError } from '../../base/errors.ts'
import { createWindows } from '../../base/windows.ts'

const MINUTE_MS = 60_000
/** Between two requests for one document. */
const PAUSE_MS = 1000
const PER_HOST = { atOnce: 4, aMinute: 30 }
const IN_ALL = { atOnce: 16, aMinute: 120 }
/** Those in progress take at most a few seconds. */
const RETRY_SECONDS = 1

/** Bounds what accounts can make this process fetch, whatever they ask for. */
export interface FetchGovernor {
  /**
   * Calls `fetch` unless too much is fetched.
   *
   * @throws {@link AppGrantError} `document_unavailable`
   */
  run<Result>(url: URL, fetch: () => Promise<Result>): Promise<Result>
}

/** @param clock - in ms, and never set back. */
export function createFetchGovernor(clock: () => number): FetchGovernor {
  const perUrl = createWindows({ clock, windowMs: PAUSE_MS })
  const perHost = createWindows({ clock, windowMs: MINUTE_MS })
  const inAll = createWindows({ clock, windowMs: MINUTE_MS })
  const atHost = new Map<string, number>()
  let atOnce = 0

  /** Something that is refused counts only where it is refused, so that one host cannot use up what others may fetch. */
  const secondsToWait = ({ href, hostname }: URL) => {
    if (atOnce >= IN_ALL.atOnce || (atHost.get(hostname) ?? 0) >= PER_HOST.atOnce) return RETRY_SECONDS
    return perUrl.count(href, 1) || perHost.count(hostname, PER_HOST.aMinute) || inAll.count('', IN_ALL.aMinute)
  }
  const count = (hostname: string, change: 1 | -1) => {
    const current = (atHost.get(hostname) ?? 0) + change
    atOnce += change
    if (current === 0) atHost.delete(hostname)
    else atHost.set(hostname, current)
  }

  return {
    async run(url, fetch) {
      const retryAfterSeconds = secondsToWait(url)
      if (retryAfterSeconds > 0) throw tooMany(retryAfterSeconds)
      count(url.hostname, 1)
      try {
        return await fetch()
      } finally {
        count(url.hostname, -1)
      }
    },
  }
}

function tooMany(retryAfterSeconds: number): AppGrantError<'document_unavailable'> {
  return new AppGrantError('document_unavailable', {
    message: 'too many documents of programs are fetched at the moment',
    hint: 'Nothing was fetched. Retry after details.retryAfterSeconds.',
    details: { retryAfterSeconds },
  })
}
