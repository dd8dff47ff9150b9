import { invalidOption } from '../base/errors.ts'
import { assertOptions, knownMembers } from '../base/known-members.ts'
import type { AppGrant } from '../create-app-grant.ts'
import { isSignInAge, SIGN_IN_AGE, type SignInNeeds } from '../domain/input/user-authentication.ts'
import { checkTexts, type HostTexts } from '../frame/languages.ts'
import { checkTheme, type Theme } from '../frame/theme.ts'
import type { ConsolePage } from './frame.ts'
import { en } from './texts/en/en.ts'
import type { Texts } from './texts/texts.ts'
import type { Viewer } from './viewer.ts'

/** What is about to happen that cannot be undone, or makes an app more powerful. */
export type DangerousActionName =
  | 'add-secret'
  | 'change-redirects'
  | 'end-tokens'
  | 'keys'
  | 'publish'
  | 'regenerate'
  | 'remove'
  | 'resource-server'
  | 'trust'

/** A dangerous action that a viewer asks for. */
export interface DangerousAction {
  readonly name: DangerousActionName
  /** Keys of the apps that it is about. None for `trust` if a new app is registered as a trusted one. */
  readonly apps: readonly string[]
  readonly viewer: Viewer
}

/** How people call accounts, and which are below one. */
export interface AccountBook {
  /** Names by id. An id without a name is shown itself. Asked once for each page, with the accounts on it. */
  names(ids: readonly string[]): Promise<Readonly<Record<string, string>>>
  /** Accounts below `account` whose names match `search`, at most a page of them. Without it, no list of accounts is offered. */
  readonly below?:
    | ((account: string, search: string) => Promise<readonly { readonly id: string; readonly name: string }[]>)
    | undefined
}

/** Options of {@link createConsole}. */
export interface ConsoleOptions {
  /**
   * Says who looks, or gives the Response that signs in and comes back. The function given to `createHandler` does. Of the URL of the
   * request only path and query mean anything, and its body must not be read. With `freshSignInSeconds`, `needs` says how recently the
   * viewer must have signed in for this request: if that is not so, sign in again.
   */
  readonly signIn: (request: Request, needs: SignInNeeds) => Promise<Viewer | Response>
  /** Where it is mounted, an absolute URL. Links and origin come from nowhere else. Default is the issuer with `/console`. */
  readonly url?: string | undefined
  /** Default is: accounts are called by their ids, and there is no list of accounts to act for. */
  readonly accounts?: AccountBook | undefined
  /**
   * Asks for more proof of who it is before a dangerous action. Undefined: go on. A Response to the GET of a confirmation page may
   * redirect anywhere and come back to that address; to a POST, the page shows a link there instead. Default is none.
   */
  readonly confirm?: ((request: Request, action: DangerousAction) => Promise<Response | undefined>) | undefined
  /**
   * How long ago the viewer may have signed in, in whole seconds, 60–31 536 000, for actions that give an app more rights than it had:
   * `add-secret`, `change-redirects`, `keys`, `publish`, `regenerate`, `resource-server`, `trust`. After that `signIn` is asked again,
   * with `needs`; without `authenticatedAt` of the viewer, always. It comes before `confirm`. What revokes never needs it. Default is
   * no limit.
   *
   * @see [RFC 9470 - OAuth 2.0 Step Up Authentication Challenge Protocol](https://www.rfc-editor.org/rfc/rfc9470.html#section-3)
   */
  readonly freshSignInSeconds?: number | undefined
  /** The scopes that are offered, and what they mean to people, by their names. Default is the scope catalogue. */
  readonly scopes?: Readonly<Record<string, string>> | undefined
  /** What API types are called, by their names. Default is none: the form does not ask for one. */
  readonly apis?: Readonly<Record<string, string>> | undefined
  /** Texts by language tag. English and German are there; what is missing is English. */
  readonly texts?: HostTexts<Texts> | undefined
  readonly theme?: Theme | undefined
  /** Puts a page into the host's own. What its headers lack is added. Default is a document of ours. */
  readonly layout?: ((page: ConsolePage, request: Request) => Promise<Response>) | undefined
}

/** The options, checked, with every default in place. */
export interface ConsoleSettings {
  readonly signIn: ConsoleOptions['signIn']
  readonly url: URL
  /** The path of `url`, without a slash at its end. */
  readonly base: string
  readonly accounts: AccountBook
  readonly confirm: NonNullable<ConsoleOptions['confirm']>
  readonly freshSignInSeconds: number | undefined
  readonly scopes: Readonly<Record<string, string>>
  /** Whether tokens can be bound to a key. */
  readonly bindsKeys: boolean
  readonly apis: Readonly<Record<string, string>>
  readonly texts: HostTexts<Texts>
  readonly theme: Theme
  readonly layout: ConsoleOptions['layout']
}

const OPTIONS = knownMembers<ConsoleOptions>({
  signIn: true,
  url: true,
  accounts: true,
  confirm: true,
  freshSignInSeconds: true,
  scopes: true,
  apis: true,
  texts: true,
  theme: true,
  layout: true,
})
const ACCOUNTS = knownMembers<AccountBook>({ names: true, below: true })
const FUNCTIONS = ['signIn', 'confirm', 'layout'] as const
const RECORDS = ['scopes', 'apis'] as const

/** @throws TypeError naming the option that is wrong. */
export function checkConsoleOptions(
  options: ConsoleOptions,
  { issuer, scopes: catalogue, dpop }: Pick<AppGrant, 'issuer' | 'scopes' | 'dpop'>,
): ConsoleSettings {
  assertOptions('createConsole', options, OPTIONS)
  for (const name of FUNCTIONS) if (name === 'signIn' || options[name] !== undefined) checkFunction(name, options[name])
  for (const name of RECORDS) checkRecord(name, options[name] ?? {})
  const { accounts = { names: async () => ({}) }, texts = {}, theme = {}, layout, freshSignInSeconds } = options
  if (freshSignInSeconds !== undefined && !isSignInAge(freshSignInSeconds))
    throw wrong('freshSignInSeconds', SIGN_IN_AGE, freshSignInSeconds)
  checkAccounts(accounts)
  checkTexts('createConsole', texts, en)
  checkTheme('createConsole', theme)
  const url = checkUrl(options.url, issuer)
  return {
    signIn: options.signIn,
    url,
    base: url.pathname.replace(/\/$/, ''),
    accounts,
    confirm: options.confirm ?? (async () => undefined),
    freshSignInSeconds,
    bindsKeys: dpop !== undefined,
    scopes: textsByName(options.scopes ?? Object.fromEntries(catalogue.map((one) => [one.name, one.description]))),
    apis: textsByName(options.apis ?? {}),
    texts,
    theme,
    layout,
  }
}

/** A copy in which names such as `constructor`, which every object has, are found only if the host gives them. */
function textsByName(texts: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  return Object.assign(Object.create(null), texts) as Readonly<Record<string, string>>
}

function wrong(option: string, expected: string, received: unknown): TypeError {
  return invalidOption('createConsole', option, expected, received)
}

function checkFunction(name: string, value: unknown): void {
  if (typeof value !== 'function') throw wrong(name, 'a function', value)
}

function checkRecord(name: string, value: unknown): void {
  const isRecord = typeof value === 'object' && value !== null && !Array.isArray(value)
  if (!isRecord || !Object.values(value).every((text) => typeof text === 'string'))
    throw wrong(name, 'an object of texts by name', value)
}

function checkAccounts(accounts: AccountBook): void {
  assertOptions('createConsole', accounts, ACCOUNTS, 'accounts')
  checkFunction('accounts.names', accounts.names)
  if (accounts.below !== undefined) checkFunction('accounts.below', accounts.below)
}

function checkUrl(option: string | undefined, issuer: string | undefined): URL {
  if (option === undefined && issuer === undefined)
    throw wrong('url', 'an absolute URL, because createAppGrant has no issuer', undefined)
  const text = option ?? `${issuer?.replace(/\/$/, '')}/console`
  const url = URL.canParse(text) ? new URL(text) : undefined
  const isPlain = url?.search === '' && url.hash === '' && url.username === '' && url.password === ''
  if (!url || !/^https?:$/.test(url.protocol) || !isPlain)
    throw wrong('url', 'an absolute http or https URL without query, fragment and user name', option)
  return url
}
