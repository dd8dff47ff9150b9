import type { ScopeDescription } from '../../domain/accounts/scopes.ts'
import type { Consent } from '../../domain/authorization/authorization.ts'
import { type Html, html } from './html.ts'
import { page } from './page.ts'

/**
 * The built-in consent page. Names are plain text, isolated from the text around them in any script. There are no links, and no
 * image of the app is loaded (HTTP-8).
 *
 * @param action - the path the form is posted to.
 */
export function consentPage({ app, account, scopes, redirectHost, ticket }: Consent, action: string): Response {
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
${choicesOf(scopes)}
<div class="buttons">
<button name="decision" value="deny">Deny</button>
<button name="decision" value="approve">Approve</button>
</div>
</form>
<small>You can revoke this access at any time in your list of apps.</small>`
  return page({ title: `Allow ${app.name}?`, main })
}

function choicesOf(scopes: readonly ScopeDescription[]): Html {
  if (scopes.length === 0) return html`<p>This app is not requesting any specific permissions.</p>`
  const choices = scopes.map(
    ({ name, description }) =>
      html`<label><input type="checkbox" name="scope" value="${name}" checked> <span><bdi>${description}</bdi> <small><bdi>${name}</bdi></small></span></label>`,
  )
  return html`<fieldset>
<legend>Requested permissions</legend>
${choices}
</fieldset>`
}
