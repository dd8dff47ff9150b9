// What every framework serves: the endpoints of an issuer that has a path.
import { createAppGrant } from 'appgrant'
import { createHandler } from 'appgrant/http'
import { memoryStore } from 'appgrant/memory'

export const appgrant = createAppGrant({ store: memoryStore(), issuer: 'https://login.example/oauth' })
export const handler = createHandler(appgrant)

/** Prints what a client gets. `send` takes a path and what `fetch` takes. */
export async function report(send) {
  const { app, secret } = await appgrant.apps.register({
    owner: 'org-7',
    name: 'Call Reports',
    homepage: 'https://app.example/',
    adminEmail: 'ops@app.example',
    trusted: true,
  })
  const metadata = await send('/.well-known/oauth-authorization-server/oauth')
  const body = new URLSearchParams({ grant_type: 'client_credentials', client_id: app.key, client_secret: secret })
  const token = await send('/oauth/token', { method: 'POST', body })
  const { token_endpoint } = await metadata.json()
  console.log(JSON.stringify({ token_endpoint, status: token.status, ...(await token.json()) }))
}
