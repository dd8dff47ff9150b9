import { fill, type Html, html } from '../../frame/html.ts'
import type { Content, Context } from '../context.ts'
import { backLink, head } from '../parts/head.ts'
import { icon } from '../parts/icon.ts'
import { note } from '../parts/note.ts'
import { copyField } from './app-facts.ts'

/** A secret that was just made. The page with it is the response to the form that made it, and no other. */
export interface SecretView {
  readonly app: { readonly key: string; readonly name: string }
  /** The one place of the console that holds one. */
  readonly secret: string
  readonly made: 'registered' | 'regenerated' | 'added'
  /** Whether the app may use key and secret alone, so that the example request works. */
  readonly trusted: boolean
  /** Where apps get tokens; undefined if it is not known. */
  readonly tokenEndpoint: string | undefined
}

export function secretPage(view: SecretView, context: Context): Content {
  const { texts, to, actsFor } = context
  const { app, made } = view
  const place = to('app', { key: app.key })
  const said = { registered: texts.isRegistered, regenerated: texts.isRegenerated, added: texts.secretIsAdded }[made]
  const main = html`${backLink({ to: to('apps', { for: actsFor?.account }), text: texts.apps })}${note({
    tone: 'done',
    isAnnounced: true,
    isNarrow: true,
    heading: fill(said, { name: html`<bdi>${app.name}</bdi>` }),
    body: html`<p>${texts.secretOnce}</p>`,
  })}${head({ title: texts.keyAndSecret })}
<div class="narrow">${stored(view, place, context)}${example(view, context)}</div>`
  return { title: texts.keyAndSecret, tab: 'apps', main, place }
}

function stored({ app, secret }: SecretView, place: string, context: Context): Html {
  const { texts } = context
  return html`<section class="sheet" data-once="stored" aria-label="${texts.keyAndSecret}"><div class="in form">
${copyField({ id: 'key', label: texts.appKey, value: app.key, name: texts.theKey }, context)}
${copyField({ id: 'secret', label: texts.appSecret, value: secret, name: texts.theSecret, hint: texts.secretLost }, context)}
<div class="buttons"><a class="button" download="${fileName(app)}" href="${environmentFile(app.key, secret)}">${icon('download')}${texts.downloadEnv}</a></div>
</div>
<div class="save"><label class="check"><input type="checkbox" id="stored" autocomplete="off"><span>${texts.secretStored}</span></label><a class="button main push" href="${place}">${texts.goToApp}</a></div></section>
`
}

function example({ trusted, tokenEndpoint }: SecretView, { texts }: Context): Html | undefined {
  if (!trusted || tokenEndpoint === undefined) return undefined
  const request = `curl -u "$APP_KEY:$APP_SECRET" \\\n  -d grant_type=client_credentials \\\n  ${tokenEndpoint}`
  return html`<section class="sheet"><header><h2>${texts.tryIt}</h2></header><div class="in"><pre tabindex="0" role="group" aria-label="${texts.exampleRequest}" dir="ltr">${request}</pre></div></section>`
}

function environmentFile(key: string, secret: string): string {
  return `data:text/plain;charset=utf-8,${encodeURIComponent(`APP_KEY=${key}\nAPP_SECRET=${secret}\n`)}`
}

/** Of the name only what every file system takes; the key, if nothing is left. */
function fileName({ key, name }: SecretView['app']): string {
  const plain = name
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-')
    .replaceAll(/^-+|-+$/g, '')
  return `${plain === '' ? key : plain}.env`
}
