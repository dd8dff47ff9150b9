import { type Html, html, type Part } from '../../frame/html.ts'
import type { Context } from '../context.ts'
import { cameFrom } from '../parts/came-from.ts'
import { hintOf } from '../parts/field.ts'
import { icon } from '../parts/icon.ts'
import { count } from '../parts/list.ts'
import { day, lastUse } from '../parts/when.ts'
import type { AppView } from './app-view.ts'

const MAX_SECRETS = 2

/** A read-only field whose text can be copied. The button is there only with script. */
export function copyField(
  of: {
    readonly id: string
    readonly label: string
    readonly value: string
    readonly name: string
    readonly isShort?: boolean
    readonly hint?: string
  },
  { texts }: Context,
): Html {
  const { id, label, value, name, isShort = false, hint } = of
  const text = isShort ? html`<span class="hidden">${texts.copy(name)}</span>` : html`${texts.copy(name)}`
  return html`<div class="field"><label for="${id}">${label}</label><div class="with"><input class="input secret" id="${id}" readonly${hint !== undefined && html` aria-describedby="${id}-hint"`} dir="ltr" value="${value}" spellcheck="false" autocomplete="off"><button class="button" type="button" hidden data-copy="${id}" data-done="${texts.copied(name)}" data-failed="${texts.notCopied(name)}">${icon('copy')}${text}</button></div>${hintOf(id, hint)}</div>
`
}

function section(id: string, title: string, body: Part): Html {
  return html`<section class="sheet" aria-labelledby="${id}"><header><h2 id="${id}">${title}</h2></header><div class="in form">${body}</div></section>`
}

function facts(lines: readonly (readonly [string, Part] | false | undefined)[]): Html {
  const shown = lines.map((line) => line && html`<div><dt>${line[0]}</dt><dd>${line[1]}</dd></div>`)
  return html`<dl class="facts">${shown}</dl>`
}

/** The key, and how the app proves that it is itself. No secret: that was shown once. */
export function credentials(app: AppView, context: Context): Html {
  const { texts, to } = context
  const { key, authentication, secrets, keyIds } = app
  const bySecret = authentication === 'secret'
  const made = secrets.map(({ id, createdAt }, at) => {
    const remove =
      secrets.length > 1 && html` <a href="${to('removeSecret', { key, id })}">${texts.removeSecretLink}</a>`
    return [
      texts.appSecret,
      html`${texts.made} ${day(createdAt, context)}${remove}${at === secrets.length - 1 && html`<span class="under">${texts.secretHidden}</span>`}`,
    ] as const
  })
  const buttons = html`<div class="buttons">${bySecret && secrets.length < MAX_SECRETS && html`<a class="button small" href="${to('addSecret', { key })}">${texts.addSecretLink}</a>`}<a class="button small danger" href="${to('regenerate', { key })}">${bySecret ? texts.regenerateLink : texts.useSecretLink}</a><a class="button small danger" href="${to('keys', { key })}">${bySecret ? texts.useKeysLink : texts.replaceKeysLink}</a></div>`
  return section(
    'credentials',
    texts.keyAndSecret,
    html`${copyField({ id: 'key', label: texts.appKey, value: key, name: texts.theKey, isShort: true }, context)}
${authentication === 'none' && html`<p class="hint">${texts.publicMeans}</p>`}
${authentication === 'jwks' && facts([[texts.publicKeys, keyIds.map((id) => html`<code class="under">${id}</code>`)]])}
${bySecret && facts(made)}
${authentication !== 'none' && buttons}`,
  )
}

/** Where an app comes from that its owner has not registered, and who gets its responses. */
export function provenance({ origin }: AppView, context: Context): Html | undefined {
  const { texts } = context
  if (!origin) return undefined
  const { host, hosts, publisher } = origin
  return section(
    'origin',
    texts.origin,
    facts([
      [cameFrom(origin, context), html`<bdi>${host}</bdi>`],
      [texts.publisher, publisher === undefined ? texts.noPublisher : html`<bdi>${publisher}</bdi>`],
      [texts.responseHosts, hosts.map((one) => html`<bdi class="under">${one}</bdi>`)],
    ]),
  )
}

/** Who uses it, and what it may do. */
export function use(app: AppView, context: Context): Html {
  const { texts, to, actsFor, scopes } = context
  const { key, name, instances, liveTokens } = app
  const asked = app.scopes.map(
    (scope) => html`<span class="under">${scopes[scope] ?? html`<code>${scope}</code>`}</span>`,
  )
  return section(
    'use',
    texts.use,
    facts([
      [
        texts.instances,
        count(instances, { to: to('instances', { key }), name: texts.instancesOf(instances ?? 0, name) }, context),
      ],
      [
        texts.accessTokens,
        count(
          liveTokens,
          { to: to('tokens', { key, for: actsFor?.account }), name: texts.tokensOf(liveTokens ?? 0, name) },
          context,
        ),
      ],
      [texts.lastUsed, lastUse(app.lastUsedOn, context)],
      [texts.trusted, app.trusted ? html`${texts.yes}<span class="under">${texts.trustedMeans}</span>` : texts.no],
      asked.length > 0 && [texts.scopes, asked],
    ]),
  )
}

/** What only the platform decides. */
export function reach({ key, published, resourceServer }: AppView, { texts, to }: Context): Html {
  const publish = published
    ? html`<a class="button small danger" href="${to('unpublish', { key })}">${texts.unpublishLink}</a>`
    : html`<a class="button small" href="${to('publish', { key })}">${texts.publishLink}</a>`
  return section(
    'reach',
    texts.reach,
    html`${facts([
      [texts.published, published ? texts.yes : texts.no],
      [texts.resourceServer, resourceServer === undefined ? texts.no : html`<bdi>${resourceServer}</bdi>`],
    ])}<div class="buttons">${publish}<a class="button small" href="${to('resourceServer', { key })}">${texts.resourceServerLink}</a></div>`,
  )
}
