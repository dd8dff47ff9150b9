import { fill, type Html, html, type Part } from '../frame/html.ts'
import type { Context } from './context.ts'
import { note } from './parts/note.ts'
import type { Texts } from './texts/texts.ts'

/** What a page may say after the form before it: the names are what its address has. */
const MESSAGES = {
  suspended: 'isSuspended',
  'program-suspended': 'isProgramSuspended',
  resumed: 'isResumed',
  saved: 'isSaved',
  unchanged: 'nothingChanged',
  registered: 'appRegistered',
  'already-registered': 'alreadyRegistered',
  'apps-suspended': 'appsSuspended',
  'apps-removed': 'appsRemoved',
  'tokens-removed': 'tokensRemoved',
  'all-tokens-removed': 'allTokensRemoved',
  'tokens-ended': 'tokensEnded',
  trusted: 'isTrusted',
  untrusted: 'isUntrusted',
  'keys-replaced': 'keysReplaced',
  'secret-removed': 'secretRemoved',
  published: 'isPublished',
  unpublished: 'isUnpublished',
  'resource-server-saved': 'resourceServerSaved',
  withdrawn: 'withdrawn',
  'instances-removed': 'instancesRemoved',
  'nothing-left': 'nothingLeft',
} as const satisfies Readonly<Record<string, keyof Texts>>

export type MessageName = keyof typeof MESSAGES

/** What a message is about: the name of an app that the viewer may see, or a number. */
export interface MessageParts {
  readonly app?: string | undefined
  readonly count?: number | undefined
}

/** @returns undefined if there is no such message, or what it is about is missing. */
export function message(name: string | null, { app, count }: MessageParts, { texts }: Context): Html | undefined {
  if (name === null || !Object.hasOwn(MESSAGES, name)) return undefined
  const text = texts[MESSAGES[name as MessageName]]
  const sentence = typeof text === 'string' ? text : count === undefined ? undefined : text(count)
  if (sentence === undefined || (sentence.includes('{name}') && app === undefined)) return undefined
  const body = html`<p>${fill(sentence, { name: app !== undefined && html`<bdi>${app}</bdi>` })}</p>`
  return note({ tone: name === 'already-registered' ? 'warning' : 'done', isAnnounced: true, body })
}

/** A warning above a list or a form. */
export function warning(sentence: Part): Html {
  return note({ tone: 'warning', isAnnounced: true, body: html`<p>${sentence}</p>` })
}
