import type { Consent } from '../../domain/authorization/authorization.ts'
import { type Html, html } from './html.ts'
import { page } from './page.ts'

/**
 * The built-in consent page. Names are plain text, isolated from the text around them in any script. There are no links, and no
 * image of the app is loaded (HTTP-8).
 *
 * @param action - the path the form is posted to.
 */
export function consentPage({ app, account, scope, redirectHost, ticket }: Consent, action: string): Response {
  // Deny comes first, because Enter in the form submits the first button.
  const main = html`<h1>Allow <bdi>${app.name}</bdi> to access your account?</h1>
<p>You are signed in as <bdi>${account}</bdi>. Approve only if you trust this app.</p>
<dl>
<div><dt>Owner</dt><dd><bdi>${app.owner}</bdi></dd></div>
<div><dt>Homepage</dt><dd><bdi>${app.homepageAscii}</bdi></dd></div>
<div><dt>Redirects to</dt><dd><bdi>${redirectHost}</bdi></dd></div>
</dl>
<form method="post" action="${action}" autocomplete="off">
<input type="hidden" name="ticket" value="${ticket}">
${scopes(scope)}
<div class="buttons">
<button name="decision" value="deny">Deny</button>
<button name="decision" value="approve">Approve</button>
</div>
</form>
<small>You can revoke this access at any time in your list of apps.</small>`
  return page({ title: `Allow ${app.name}?`, main })
}

function scopes(scope: readonly string[]): Html {
  if (scope.length === 0) return html`<p>This app is not requesting any specific permissions.</p>`
  const choices = scope.map(
    (one) => html`<label><input type="checkbox" name="scope" value="${one}" checked> <bdi>${one}</bdi></label>`,
  )
  return html`<fieldset>
<legend>Requested permissions</legend>
${choices}
</fieldset>`
}
