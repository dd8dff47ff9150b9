import { type Html, html } from '../../frame/html.ts'
import type { Content, Context } from '../context.ts'
import { type Snapshot, snapshotOf } from '../forms/app-values.ts'
import { homepageLink } from '../parts/app-name.ts'
import { hasRegisteredItself } from '../parts/came-from.ts'
import { backLink, head } from '../parts/head.ts'
import { hiddenFields } from '../parts/list.ts'
import { note } from '../parts/note.ts'
import { status, suspendedBy } from '../parts/status.ts'
import { day } from '../parts/when.ts'
import { withName } from '../parts/with-name.ts'
import { dangers } from './app-dangers.ts'
import { credentials, provenance, reach, use } from './app-facts.ts'
import { type AppFormView, fieldGroups, problemSummary } from './app-form.ts'
import type { AppView } from './app-view.ts'

export interface AppPageView {
  readonly app: AppView
  readonly form: AppFormView
  /** What the form is made from; of what is stored if absent. */
  readonly was?: Snapshot
  readonly status?: number
  readonly message?: Html | undefined
}

/** One app: its fields, its credentials, who uses it, and how to stop it. */
export function appPage({ app, form, was = snapshotOf(form.values), ...view }: AppPageView, context: Context): Content {
  const { texts, to, actsFor } = context
  const summary = problemSummary(form, context)
  const change = html`<form method="post">${status(app, { from: 'app' }, context)}</form>`
  const main = html`${backLink({ to: to('apps', { for: actsFor?.account }), text: texts.apps })}${view.message}${summary}${suspension(app, context)}
${head({ title: html`<bdi>${app.name}</bdi>`, lead: html`${homepageLink(app, context)} · ${texts.registered} ${day(app.createdAt, context)}`, action: change })}
<div class="cols"><div>
${app.mayChange && editForm(app, form, was, context)}
${dangers(app, context)}
</div><div>
${provenance(app, context)}
${credentials(app, context)}
${use(app, context)}
${context.viewer.operator === true && reach(app, context)}
</div></div>`
  return { title: app.name, tab: 'apps', status: view.status ?? 200, failed: summary !== undefined, main }
}

function editForm(app: AppView, form: AppFormView, was: Snapshot, context: Context): Html {
  const { texts, to, actsFor, formProof } = context
  const groups = fieldGroups({ ...form, hasRegisteredItself: hasRegisteredItself(app) }, context)
  const hidden = Object.fromEntries(Object.entries(was).map(([name, digest]) => [`was.${name}`, digest]))
  return html`<form class="sheet" method="post" action="${to('app', { key: app.key })}" novalidate>
<button class="hidden" tabindex="-1" aria-hidden="true">${texts.ok}</button>
${hiddenFields({ as: formProof, ...hidden })}
<div class="in form">
${groups.info}
${groups.contact}
${groups.approval}
${groups.api}
</div>
<div class="save"><button class="button main">${texts.ok}</button><a class="button" href="${to('apps', { for: actsFor?.account })}">${texts.cancel}</a></div>
</form>`
}

/** Since when it is suspended and by whom, and who can end that. */
function suspension(app: AppView, context: Context): Html | undefined {
  const { status: now, mayChange, isOfFormerOwner } = app
  const { texts } = context
  if (isOfFormerOwner) return note({ tone: 'warning', body: html`<p>${texts.formerOwner}</p>` })
  if (now.state === 'active') return undefined
  const whom = now.by === undefined ? texts.onlyPlatformResumes : withName(texts.onlyAboveResumes, now.by)
  return note({
    tone: now.mayResume ? 'warning' : 'error',
    heading: html`${now.mayResume ? texts.suspended : suspendedBy(now.by, context)}, ${day(now.at, context)}`,
    body: html`<p>${texts.suspendedMeans} ${hasRegisteredItself(app) && texts.programForgets} ${!now.mayResume && whom} ${!mayChange && texts.noChangesWhileSuspended}</p>`,
  })
}
