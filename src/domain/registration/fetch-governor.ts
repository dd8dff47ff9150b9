import { AppGrantError } from '../../base/errors.ts'
import { createWindows } from '../../base/windows.ts'
import { digestOf } from '../../credentials/digest.ts'

const MINUTE_MS = 60_000
/** Between two requests for one document. */
const PAUSE_MS = 1000
const PER_HOST = { atOnce: 4, aMinute: 30 }
const IN_ALL = { atOnce: 16, aMinute: 120 }
/** One account must not use up what all may fetch, from however many hosts. */
const PER_ACCOUNT = { atOnce: 4, aMinute: 20 }
/** Those in progress take at most a few seconds. */
const RETRY_SECONDS = 1

/** Bounds what accounts can make this process fetch, whatever they ask for. */
export interface FetchGovernor {
  /**
   * Calls `fetch` unless too much is fetched.
   *
   * @param account - the one that the document is fetched for.
   * @throws {@link AppGrantError} `document_unavailable`
   */
  run<Result>(url: URL, account: string, fetch: () => Promise<Result>): Promise<Result>
}

/** @param clock - in ms, and never set back. */
export function createFetchGovernor(clock: () => number): FetchGovernor {
  const perUrl = createWindows({ clock, windowMs: PAUSE_MS })
  const perHost = createWindows({ clock, windowMs: MINUTE_MS })
  const perAccount = createWindows({ clock, windowMs: MINUTE_MS })
  const inAll = createWindows({ clock, windowMs: MINUTE_MS })
  const atHost = new Map<string, number>()
  const forAccount = new Map<string, number>()
  let atOnce = 0

  /**
   * Something that is refused counts for nothing that is asked later, so that one account or host cannot use up what others may fetch.
   */
  const secondsToWait = ({ href, hostname }: URL, asking: string) => {
    if (atOnce >= IN_ALL.atOnce || (atHost.get(hostname) ?? 0) >= PER_HOST.atOnce) return RETRY_SECONDS
    if ((forAccount.get(asking) ?? 0) >= PER_ACCOUNT.atOnce) return RETRY_SECONDS
    return (
      perAccount.count(asking, PER_ACCOUNT.aMinute) ||
      perUrl.count(href, 1) ||
      perHost.count(hostname, PER_HOST.aMinute) ||
      inAll.count('', IN_ALL.aMinute)
    )
  }
  const count = (hostname: string, asking: string, change: 1 | -1) => {
    atOnce += change
    countIn(atHost, hostname, change)
    countIn(forAccount, asking, change)
  }

  return {
    async run(url, account, fetch) {
      const asking = digestOf(account)
      const retryAfterSeconds = secondsToWait(url, asking)
      if (retryAfterSeconds > 0) throw tooMany(retryAfterSeconds)
      count(url.hostname, asking, 1)
      try {
        return await fetch()
      } finally {
        count(url.hostname, asking, -1)
      }
    },
  }
}

/** Has no entry for what is not in progress. */
function countIn(counts: Map<string, number>, name: string, change: 1 | -1): void {
  const current = (counts.get(name) ?? 0) + change
  if (current === 0) counts.delete(name)
  else counts.set(name, current)
}

function tooMany(retryAfterSeconds: number): AppGrantError<'document_unavailable'> {
  return new AppGrantError('document_unavailable', {
    message: 'too many documents of programs are fetched at the moment',
    hint: 'Nothing was fetched. Retry after details.retryAfterSeconds.',
    details: { retryAfterSeconds },
  })
}
