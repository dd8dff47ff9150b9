import { type Html, html, type Part } from '../../frame/html.ts'
import type { Context } from '../context.ts'
import { icon } from './icon.ts'
import { spoken } from './spoken.ts'
import { withName } from './with-name.ts'

/** Whether an app works and, if not, who stopped it. */
export type Status =
  | { readonly state: 'active' }
  | {
      readonly state: 'suspended'
      readonly at: Date
      /** The name of the account that suspended it; undefined for the platform. */
      readonly by: string | undefined
      /** False if only an account above, or the platform, can resume it. */
      readonly mayResume: boolean
    }

/** Where a status is shown, to come back to after it was changed. */
export interface StatusPlace {
  readonly from: 'apps' | 'app' | 'all'
  readonly query?: Readonly<Record<string, string | undefined>>
}

/**
 * The status of an app: a button of a form around it that changes it, or text if the viewer may not. The button itself carries the
 * proof of the form, so that no other button of the form sends that.
 */
export function status(app: { key: string; name: string; status: Status }, place: StatusPlace, context: Context): Html {
  const { texts, to, formProof, actsFor } = context
  const parts = { key: app.key, from: place.from, for: actsFor?.account, ...place.query }
  if (app.status.state === 'active')
    return html`<button class="status ok" name="as" value="${formProof}" formaction="${to('suspend', parts)}" title="${texts.suspend}">${icon('active')}<span>${spoken(texts.active, `${texts.active}: ${texts.suspendApp(app.name)}`)}</span>${icon('pause')}</button>`
  if (app.status.mayResume)
    return html`<button class="status warn" name="as" value="${formProof}" formaction="${to('resume', parts)}" title="${texts.resume}">${icon('active')}<span>${spoken(texts.suspended, `${texts.suspended}: ${texts.resumeApp(app.name)}`)}</span>${icon('resume')}</button>`
  return html`<span class="status bad">${icon('lock')}<span>${suspendedBy(app.status.by, context)}</span></span>`
}

export function suspendedBy(by: string | undefined, { texts }: Context): Part {
  return by === undefined ? texts.suspendedByPlatform : withName(texts.suspendedBy, by)
}
