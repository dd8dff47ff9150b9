// What every tool has to load: the core, a store, and jose, which is needed to sign.
import { createAppGrant, generateSigningKey } from 'appgrant'
import { memoryStore } from 'appgrant/memory'

/** Issues a signed token and verifies it. */
export async function verifiedAccount(): Promise<string> {
  const signing = { current: await generateSigningKey() }
  const appgrant = createAppGrant({ store: memoryStore(), issuer: 'https://login.example', signing })
  const { app, secret } = await appgrant.apps.register({
    owner: 'org-7',
    name: 'Call Reports',
    homepage: 'https://app.example/',
    adminEmail: 'ops@app.example',
    trusted: true,
  })
  const { accessToken } = await appgrant.authorizer.clientCredentials({ key: app.key, secret: secret ?? '' })
  return (await appgrant.authorizer.verify(accessToken)).account
}
