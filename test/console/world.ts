import { memoryStore } from '../../adapters/memory/memory-store.ts'
import { createConsole } from '../../src/console/create-console.ts'
import type { ConsoleOptions } from '../../src/console/options.ts'
import type { Viewer } from '../../src/console/viewer.ts'
import type { AppGrantOptions } from '../../src/options.ts'
import { createSessionFixture, type SessionFixture } from '../support/session-fixture.ts'
import { type VisitedPage, visit } from './visitor.ts'

export const ORIGIN = 'https://login.example'

/** How people call the accounts of the tree. */
export const NAMES = {
  root: 'Teleworks',
  provider: 'Provider One',
  org: 'Org Seven',
  user: 'Maria',
  'other-org': 'Org Eight',
  'other-provider': 'Provider Two',
} as const

/** Everything that a browser got, to look through it. */
export interface Exchange {
  readonly path: string
  readonly method: string
  readonly status: number
  readonly headers: string
  readonly body: string
}

/** A console over a real core, with people in front of it. */
export interface ConsoleWorld extends SessionFixture {
  /** Who is signed in; a Response if nobody is. */
  viewer: Viewer | Response
  readonly handler: ReturnType<typeof createConsole>
  /** Requests and responses so far. */
  readonly exchanges: Exchange[]
  readonly outages: { code: string; operation: string; cause: unknown }[]
  readonly refused: string[]
  /** Opens a page of the console as a link of it does. */
  open(path: string): Promise<VisitedPage>
  /** Sends what no button of a page sends, with the headers of a press. */
  post(page: VisitedPage, entries: readonly (readonly [string, string])[], path?: string): Promise<VisitedPage>
  /** Sends a request as it is. */
  send(path: string, init?: RequestInit): Promise<Response>
}

export async function consoleWorld(
  options: Partial<ConsoleOptions> = {},
  core: Partial<AppGrantOptions> = {},
): Promise<ConsoleWorld> {
  const fixture = await createSessionFixture(async () => memoryStore(), {
    options: { issuer: ORIGIN, ...core },
    app: { name: 'Call Reports', homepage: 'https://reports.example/', description: 'Statistics' },
  })
  const { appgrant } = fixture
  const exchanges: Exchange[] = []
  const outages: ConsoleWorld['outages'] = []
  const refused: string[] = []
  appgrant.events.on('outage', (event) => outages.push(event))
  appgrant.events.on('refused', ({ reason }) => refused.push(reason))
  const world = { viewer: { account: 'org', login: 'olga@seven.example' } as Viewer | Response }
  const handler = createConsole(appgrant, {
    signIn: async () => (world.viewer instanceof Response ? world.viewer.clone() : world.viewer),
    accounts: {
      names: async (ids) => Object.fromEntries(ids.map((id) => [id, NAMES[id as keyof typeof NAMES] ?? id])),
    },
    ...options,
  })

  async function send(path: string, init: RequestInit = {}): Promise<Response> {
    const response = await handler(new Request(`${ORIGIN}${path}`, { redirect: 'manual', ...init }), {
      remoteAddress: '192.0.2.7',
    })
    const body = await response.clone().text()
    const headers = [...response.headers].map((line) => line.join(': ')).join('\n')
    exchanges.push({ path, method: init.method ?? 'GET', status: response.status, headers, body })
    return response
  }

  /** What a browser sends with a press or a click, and where it goes then. */
  async function browse(path: string, init: RequestInit = {}): Promise<{ response: Response; path: string }> {
    const headers = {
      'sec-fetch-site': 'same-origin',
      'sec-fetch-mode': 'navigate',
      'user-agent': 'Mozilla/5.0 (test)',
      ...(init.method === 'POST' && { origin: ORIGIN }),
    }
    const response = await send(path, { ...init, headers })
    const location = response.headers.get('location')
    if (response.status !== 303 || location === null) return { response, path }
    if (!location.startsWith('/')) throw new Error(`a redirect to ${location}`)
    return browse(location)
  }

  return Object.assign(world, fixture, {
    handler,
    exchanges,
    outages,
    refused,
    send,
    open: (path: string) => visit(browse, `/console${path}`),
    post: (page: VisitedPage, entries: readonly (readonly [string, string])[], path = page.path) =>
      visit(browse, path, { method: 'POST', body: new URLSearchParams(entries.map(([name, value]) => [name, value])) }),
  })
}
