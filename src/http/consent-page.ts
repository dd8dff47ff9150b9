import type { Consent } from '../domain/authorization.ts'
import { type Html, html } from './html.ts'
import { page } from './page.ts'

/**
 * The page that asks the account, where the host has none of its own. Names are text, apart from the words around them
 * whatever their script; no link leads away and no image of the app is loaded (HTTP-8).
 *
 * @param action - the path that the form is posted to.
 */
export function consentPage({ app, account, scope, redirectHost, ticket }: Consent, action: string): Response {
  // Deny comes first: it is what a stray Enter in the form presses.
  const main = html`<h1>Allow <bdi>${app.name}</bdi> to act for you?</h1>
<p>You are signed in as <bdi>${account}</bdi>. Only approve if you know this app.</p>
<dl>
<div><dt>Owner</dt><dd><bdi>${app.owner}</bdi></dd></div>
<div><dt>Homepage</dt><dd><bdi>${app.homepageAscii}</bdi></dd></div>
<div><dt>Sends you to</dt><dd><bdi>${redirectHost}</bdi></dd></div>
</dl>
<form method="post" action="${action}" autocomplete="off">
<input type="hidden" name="ticket" value="${ticket}">
${scopes(scope)}
<div class="buttons">
<button name="decision" value="deny">Deny</button>
<button name="decision" value="approve">Approve</button>
</div>
</form>
<small>You can take this back at any time in your list of apps.</small>`
  return page({ title: `Allow ${app.name}?`, main })
}

function scopes(scope: readonly string[]): Html {
  if (scope.length === 0) return html`<p>It asks for no particular rights.</p>`
  const choices = scope.map(
    (one) => html`<label><input type="checkbox" name="scope" value="${one}" checked> <bdi>${one}</bdi></label>`,
  )
  return html`<fieldset>
<legend>It asks for</legend>
${choices}
</fieldset>`
}
