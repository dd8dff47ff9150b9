import type { ErrorCode, VerifyFailureReason } from '../../src/index.ts'
import { type Contradiction, contradictionIn, type Entry } from './linearizability.ts'

/** The possible results of concurrent calls on one trusted app whose owner and one user hold tokens. */

/** A call. Tokens are named by id, secrets and refresh tokens by themselves. */
export type Asked =
  | { readonly act: 'grant'; readonly secret: string }
  | { readonly act: 'refresh'; readonly secret: string; readonly refresh: string }
  | { readonly act: 'verify'; readonly token: string }
  | { readonly act: 'removeToken'; readonly token: string }
  | { readonly act: Kill }

/** The operations on the app, or on all that its owner or user holds. */
export type Kill =
  | 'suspend'
  | 'resume'
  | 'regenerate'
  | 'revokeTokens'
  | 'trust'
  | 'distrust'
  | 'publish'
  | 'unpublish'
  | 'withdraw'
  | 'removeAllOfOwner'
  | 'removeAllOfUser'
  | 'remove'

/** The result: `absent` if `remove` or `withdraw` found nothing. */
export interface Answered {
  readonly outcome: 'ok' | 'absent' | VerifyFailureReason | ErrorCode
  /** Of a regeneration. */
  readonly secret?: string
  /** Of a grant or a refresh. */
  readonly token?: string
  /** Of a refresh. */
  readonly refresh?: string
}

/** A call as a client saw it, with the times of a clock that all clients share. */
export interface Call {
  readonly by: string
  readonly asked: Asked
  readonly answered: Answered
  readonly from: number
  readonly to: number
}

/** The initial state: enabled, trusted and published, with one session of its user, who belongs to another tenant than the owner. */
export interface Beginning {
  readonly secret: string
  readonly token: string
  readonly refresh: string
}

/** The state of a token, as far as any result depends on it. */
interface Token {
  /** Whether it was made, by now. */
  readonly isMade: boolean
  readonly isUsers: boolean
  readonly isRemoved: boolean
  /** Whether it carries the current stamps of the app and the install. */
  readonly isOfApp: boolean
  readonly isOfInstall: boolean
}

interface State {
  readonly gone: boolean
  readonly suspended: boolean
  readonly trusted: boolean
  readonly published: boolean
  /** Whether the user's install is there. */
  readonly installed: boolean
  readonly secret: string
  readonly tokens: Readonly<Record<string, Token>>
  /** Of the user: its refresh tokens so far, and the access token issued with the last one. */
  readonly session: {
    readonly isOfApp: boolean
    readonly ended: boolean
    readonly refreshes: readonly string[]
    readonly token: string
  }
}

type Condition = (state: State) => boolean
type Step = Entry<State>['step']

const LIVE: Token = { isMade: true, isUsers: false, isRemoved: false, isOfApp: true, isOfInstall: true }

/**
 * What contradicts a history of one app.
 *
 * @param options.oneInstant - whether the records of one `get` are read at one instant.
 * @returns undefined if some order of the calls explains all results.
 */
export function contradictionOf(
  beginning: Beginning,
  calls: readonly Call[],
  { oneInstant }: { readonly oneInstant: boolean },
): Contradiction | undefined {
  const { secret, token, refresh } = beginning
  // Everything that is ever made is there from the beginning, so the order of making it leaves no trace.
  const made = calls.flatMap(({ answered }) => (answered.token === undefined ? [] : [answered.token]))
  const initial: State = {
    gone: false,
    suspended: false,
    trusted: true,
    published: true,
    installed: true,
    secret,
    tokens: {
      ...Object.fromEntries(made.map((id) => [id, { ...LIVE, isMade: false }])),
      [token]: { ...LIVE, isUsers: true },
    },
    session: { isOfApp: true, ended: false, refreshes: [refresh], token },
  }
  const kills = calls.filter(({ asked }) => asked.act === 'removeAllOfUser')
  const entries = calls.flatMap((call, at) => {
    const mayBeLate = kills.some(({ from, to, answered }) => {
      return from < call.to && (call.from < to || answered.outcome === 'outcome_unknown')
    })
    return entriesOf(call, { name: `${at}`, oneInstant, mayBeLate })
  })
  return contradictionIn(entries, initial)
}

/** @param context.mayBeLate - whether the user's install may have changed during the call. */
function entriesOf(
  call: Call,
  { name, oneInstant, mayBeLate }: { readonly name: string; readonly oneInstant: boolean; readonly mayBeLate: boolean },
): readonly Entry<State>[] {
  const { by, asked, answered, from } = call
  const { outcome } = answered
  const { act, ...what } = asked
  // The store refused a read or a write, and nothing was done.
  if (outcome === 'store_unavailable') return []
  const isUnknown = outcome === 'outcome_unknown'
  const title = `#${name} ${by}: ${act} ${Object.values(what).join(' ')} -> ${Object.values(answered).join(' ')}`
  const known = { title, from, to: isUnknown ? Number.POSITIVE_INFINITY : call.to }
  const read = (condition: Condition): Entry<State> => ({
    ...known,
    isRead: true,
    step: (state) => (condition(state) ? [state] : []),
  })
  const write = (step: Step): Entry<State> => ({ ...known, step })

  if (asked.act === 'grant') return isUnknown ? [] : [grant(asked.secret)]
  if (asked.act === 'refresh') return refresh(asked)
  if (asked.act === 'verify') {
    const conditions = verification(asked.token, outcome)
    return oneInstant ? [read((state) => conditions.every((holds) => holds(state)))] : conditions.map(read)
  }
  // What is the user's cannot be found without the install either.
  const isOnInstall = act === 'withdraw' || act === 'removeAllOfUser'
  if (outcome === 'app_not_found' || outcome === 'absent')
    return [read(({ gone, installed }) => gone || (isOnInstall && !installed))]
  if (outcome !== 'ok' && !isUnknown) return [read(() => false)]
  const change = changeBy(asked, { name, answered })
  const isOnApp = act !== 'removeToken' && !isOnInstall
  if (isOnApp) return [write((state) => (state.gone ? [] : [{ ...state, ...change(state) }]))]
  // The app is read first; what is written is another record.
  const isFound = (state: State) => isUnknown || !isOnInstall || state.installed
  const changed = write((state) => (isFound(state) ? [{ ...state, ...change(state) }] : []))
  return [...(isUnknown ? [] : [read(({ gone }) => !gone)]), changed]

  function grant(presented: string): Entry<State> {
    const { token } = answered
    if (outcome !== 'ok' || token === undefined)
      return read((state) => refusalOf(state, presented, !state.trusted && 'app_not_trusted') === outcome)
    return write((state) => {
      if (refusalOf(state, presented, !state.trusted && 'app_not_trusted')) return []
      return [{ ...state, tokens: { ...state.tokens, [token]: LIVE } }]
    })
  }

  /** The app is checked as it was at authentication, then the install is read, then the session advances. */
  function refresh({ secret: presented, refresh: spent }: { readonly secret: string; readonly refresh: string }) {
    const isDead = ({ session, installed }: State) => !session.isOfApp || !installed
    const ofSession = ({ session, published }: State) =>
      session.isOfApp ? !published && 'not_permitted' : 'invalid_refresh_token'
    const isProven = read((state) => refusalOf(state, presented, false) === false)
    const isInstalled = read(({ installed }) => installed)
    if (outcome === 'ok') {
      const isAlive = read((state) => refusalOf(state, presented, ofSession(state)) === false)
      return [isAlive, isInstalled, write((state) => rotated(state, { spent, answered, mayBeLate }))]
    }
    if (outcome === 'not_permitted')
      return [isInstalled, read((state) => refusalOf(state, presented, ofSession(state)) === outcome)]
    if (outcome !== 'invalid_refresh_token') return [read((state) => refusalOf(state, presented, false) === outcome)]
    return [isProven, write((state) => (state.session.ended || isDead(state) ? [state] : reused(state, spent)))]
  }
}

/** Why credentials give nothing. */
function refusalOf(state: State, presented: string, refusal: ErrorCode | false): ErrorCode | false {
  if (state.gone || state.secret !== presented) return 'app_authentication_failed'
  return state.suspended ? 'app_suspended' : refusal
}

/** What must hold for that result, each condition alone if the records are not read at one instant. */
function verification(id: string, outcome: Answered['outcome']): readonly Condition[] {
  const over = (holds: (token: Token, state: State) => boolean): Condition => {
    return (state) => {
      const token = state.tokens[id]
      return token?.isMade === true && holds(token, state)
    }
  }
  const isHere = over(({ isRemoved }) => !isRemoved)
  const isOfInstall = over(
    ({ isUsers, isOfInstall: isOfStamps }, { installed }) => isOfStamps && (installed || !isUsers),
  )
  const isOpen = over(({ isUsers }, { session }) => !(isUsers && session.ended))
  switch (outcome) {
    case 'ok':
    case 'app_suspended':
    case 'not_permitted': {
      const standing = ({ isUsers }: Token, { suspended, published }: State) => {
        if (suspended) return 'app_suspended'
        return isUsers && !published ? 'not_permitted' : 'ok'
      }
      const isOfApp = over((token, state) => !state.gone && token.isOfApp && standing(token, state) === outcome)
      return [isHere, isOfApp, isOfInstall, isOpen]
    }
    case 'app_removed':
      return [isHere, ({ gone }) => gone]
    // What a removed app held is freed some seconds later: its tokens expire at once.
    case 'expired':
      return [over((_, { gone }) => gone)]
    case 'revoked': {
      // The tokens of an ended session are removed one by one; until then they are there.
      const isOut: Condition = (state) => !isHere(state) || !isOpen(state)
      const isStale: Condition = (state) => !isOfInstall(state) || over(({ isOfApp }) => !isOfApp)(state)
      return [(state) => isOut(state) || !state.gone, (state) => isOut(state) || isStale(state)]
    }
    default:
      return [() => false]
  }
}

function changeBy(
  asked: Exclude<Asked, { act: 'grant' | 'refresh' | 'verify' }>,
  { name, answered }: { readonly name: string; readonly answered: Answered },
): (state: State) => Partial<State> {
  const ofApp = { isOfApp: false }
  switch (asked.act) {
    case 'suspend':
      return () => ({ suspended: true })
    case 'resume':
      return () => ({ suspended: false })
    case 'regenerate':
      return (state) => ({ secret: answered.secret ?? name, ...withoutGeneration(state) })
    case 'revokeTokens':
      return withoutGeneration
    case 'trust':
      return () => ({ trusted: true })
    case 'distrust':
      return ({ tokens }) => ({ trusted: false, tokens: where(tokens, ({ isUsers }) => !isUsers, ofApp) })
    case 'publish':
      return () => ({ published: true })
    case 'unpublish':
      return () => ({ published: false })
    case 'withdraw':
      return () => ({ installed: false })
    case 'removeAllOfOwner':
      return ({ tokens }) => ({ tokens: where(tokens, ({ isUsers }) => !isUsers, ofApp) })
    case 'removeAllOfUser':
      return ({ tokens }) => ({ tokens: where(tokens, ({ isUsers }) => isUsers, { isOfInstall: false }) })
    case 'remove':
      return () => ({ gone: true })
    case 'removeToken':
      // It was named as one of the owner's, so the user's tokens stay.
      return ({ tokens }) => ({
        tokens: where(tokens, ({ isUsers }, id) => id === asked.token && !isUsers, { isRemoved: true }),
      })
  }
}

function withoutGeneration({ tokens, session }: State): Partial<State> {
  return { tokens: where(tokens, () => true, { isOfApp: false }), session: { ...session, isOfApp: false } }
}

/** The tokens, with those changed that exist and that `isMeant` selects. */
function where(
  tokens: State['tokens'],
  isMeant: (token: Token, id: string) => boolean,
  change: Partial<Token>,
): State['tokens'] {
  const changed = Object.entries(tokens).map(([id, token]) => {
    return [id, token.isMade && isMeant(token, id) ? { ...token, ...change } : token]
  })
  return Object.fromEntries(changed)
}

/** The session after a successful refresh: advanced, or the same response again. */
function rotated(
  state: State,
  { spent, answered, mayBeLate }: { readonly spent: string; readonly answered: Answered; readonly mayBeLate: boolean },
): readonly State[] {
  const { session, tokens } = state
  const { refresh = '', token = '' } = answered
  const isFirst = spent === session.refreshes.at(-1)
  const isRepeat = spent === session.refreshes.at(-2) && refresh === session.refreshes.at(-1) && token === session.token
  if (session.ended || !(isFirst || isRepeat)) return []
  if (isRepeat) return [state]
  const after = (isOfInstall: boolean): State => ({
    ...state,
    tokens: { ...tokens, [token]: { ...LIVE, isUsers: true, isOfApp: session.isOfApp, isOfInstall } },
    session: { ...session, refreshes: [...session.refreshes, refresh], token },
  })
  // A token with the stamp of an install that changed meanwhile is never valid.
  return mayBeLate ? [after(true), after(false)] : [after(true)]
}

/** The session after a refresh token whose successor was used: it ends. None if the token is not one of those. */
function reused(state: State, spent: string): readonly State[] {
  const { session } = state
  return session.refreshes.slice(0, -2).includes(spent) ? [{ ...state, session: { ...session, ended: true } }] : []
}
