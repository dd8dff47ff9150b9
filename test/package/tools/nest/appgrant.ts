import { createAppGrant } from 'appgrant'
import { memoryStore } from 'appgrant/memory'

export const appgrant = createAppGrant({
  store: memoryStore(),
  issuer: `http://127.0.0.1:${process.env.PORT}`,
  scopes: { 'calls:read': 'Read the list of calls' },
})
const { app, secret } = await appgrant.apps.register({
  owner: 'org-7',
  name: 'Call Reports',
  homepage: 'https://app.example/',
  adminEmail: 'ops@app.example',
  scopes: ['calls:read'],
  trusted: true,
})
process.stdout.write(`${JSON.stringify({ key: app.key, secret })}\n`)
