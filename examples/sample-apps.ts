// The base of console-host.ts: some apps, one of which a user has authorized.
import { createHash, randomUUID } from 'node:crypto'
import type { AppGrant } from 'appgrant'

const redirectUrl = 'https://reports.example/callback'
const fields = { homepage: 'https://reports.example/', adminEmail: 'ops@reports.example', redirectUrls: [redirectUrl] }

/** Registers apps of the accounts `provider` and `north`, and authorizes one of them for `ann`. */
export async function registerSampleApps(appgrant: AppGrant): Promise<void> {
  const { apps, authorizer } = appgrant
  await apps.register({ ...fields, owner: 'provider', name: 'Billing', trusted: true })
  const { app: old } = await apps.register({ ...fields, owner: 'north', name: 'Old Dialer' })
  await appgrant.as('provider').apps.suspend(old.key)
  const scopes = appgrant.scopes.map(({ name }) => name)
  const description = 'Counts the calls of each day, and sends a report every Monday.'
  const { app, secret } = await apps.register({ ...fields, owner: 'north', name: 'Call Reports', description, scopes })

  // What happens at /authorize and /token if the user approves.
  const codeVerifier = randomUUID() + randomUUID()
  const request = new URLSearchParams({
    client_id: app.key,
    redirect_uri: redirectUrl,
    response_type: 'code',
    code_challenge: createHash('sha256').update(codeVerifier).digest('base64url'),
    code_challenge_method: 'S256',
  })
  const asked = await authorizer.beginAuthorization(request, { account: 'ann' })
  if (asked.step !== 'consent') throw new Error(asked.location)
  const { location } = await authorizer.approve({ ticket: asked.ticket, account: 'ann' })
  const code = new URL(location).searchParams.get('code') ?? ''
  const by = { key: app.key, secret: secret ?? '', userAgent: 'Reports/2.1' }
  await authorizer.exchangeCode({ ...by, code, codeVerifier, redirectUrl })
}
