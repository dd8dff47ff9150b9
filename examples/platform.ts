// The base of other examples: a platform with one registered app. On its own it serves nothing.
import { type AppGrantOptions, createAppGrant } from 'appgrant'
import { memoryStore } from 'appgrant/memory'

export const port = Number(process.env.PORT ?? 3000)

/** The options that all nodes of the platform share. */
export const shared = { issuer: `http://127.0.0.1:${port}`, scopes: { 'calls:read': 'See your calls' } }

/** A platform with an app that may get tokens with its key and secret. The options are those of `createAppGrant`. */
export async function platform(options: Partial<AppGrantOptions> = {}) {
  const appgrant = createAppGrant({ store: memoryStore(), ...shared, ...options })
  await appgrant.prepare()
  const { app, secret } = await appgrant.apps.register({
    owner: 'org-7',
    name: 'Call Reports',
    homepage: 'https://reports.example/',
    adminEmail: 'ops@reports.example',
    scopes: ['calls:read'],
    trusted: true,
  })
  return { appgrant, key: app.key, secret }
}

/** Prints two commands to try: the app gets a token, and calls a resource with it. */
export function printCommands({ key, secret }: { readonly key: string; readonly secret: string }): void {
  console.log(`curl -u ${key}:${secret} -d grant_type=client_credentials http://127.0.0.1:${port}/token`)
  console.log(`curl -H "Authorization: Bearer TOKEN" http://127.0.0.1:${port}/calls`)
}
