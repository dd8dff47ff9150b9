import type { Consent } from '../../domain/authorization/authorization.ts'
import { fill, type Html, html } from '../../frame/html.ts'
import { bdi } from './parts.ts'
import type { PageTexts } from './texts.ts'

const LOOPBACK_HOST = /^(?:localhost|127\.0\.0\.1|\[::1\])(?::[0-9]+)?$/

/**
 * About a program that nobody has checked. Only where the response goes is sure, so that comes first, and its name is in no heading.
 *
 * @param stranger - `redirectHost`: absent if a device has asked. `isNew`: whether to say that the account has not allowed it before.
 *   `before`: what its document said then, if it says something else now.
 */
export function aboutStranger(
  stranger: Pick<Consent, 'app' | 'account' | 'before' | 'namesake'> & {
    readonly redirectHost?: string
    readonly isNew?: boolean
  },
  heading: string,
  texts: PageTexts,
): Html {
  const { app, account, redirectHost, isNew, before, namesake } = stranger
  const goesTo = redirectHost !== undefined && html` ${receiverText(redirectHost, texts)}`
  const { publisher } = app.origin ?? {}
  const isNewText = isNew && html` ${texts.strangerIsNew}`
  const beforeText = before && html` ${changeOf(before, app, texts)}`
  const namesakeText = namesake && html` ${fill(texts.strangerNamesake, { host: bdi(hostOf(namesake)) })}`
  return html`<h1>${heading}</h1>
<p>${texts.strangerUnchecked}${goesTo}</p>
${publisher !== undefined && html`<p>${fill(texts.strangerPublisher, { host: bdi(publisher) })}</p>\n`}<p>${fill(texts.strangerName, { name: bdi(app.name) })}${isNewText}${beforeText}${namesakeText}</p>
<p>${fill(texts.strangerAccount, { account: bdi(account) })}</p>`
}

function receiverText(redirectHost: string, texts: PageTexts): Html {
  const isLocal = LOOPBACK_HOST.test(redirectHost)
  return html`${isLocal ? texts.strangerOnDevice : fill(texts.strangerElsewhere, { host: bdi(redirectHost) })}`
}

function changeOf(before: NonNullable<Consent['before']>, app: Consent['app'], texts: PageTexts): Html {
  if (before.name === app.name) return html`${texts.strangerChanged}`
  return html`${fill(texts.strangerRenamed, { name: bdi(before.name) })}`
}

/** What people know an app of theirs by. */
function hostOf({ origin, homepageAscii }: Consent['app']): string {
  return origin?.host ?? (homepageAscii === undefined ? '' : new URL(homepageAscii).host)
}
