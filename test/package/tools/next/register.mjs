import { createAppGrant } from 'appgrant'
import { sqliteStore } from 'appgrant/sqlite'

const appgrant = createAppGrant({ store: sqliteStore('appgrant.db') })
const { app, secret } = await appgrant.apps.register({
  owner: 'org-7',
  name: 'Call Reports',
  homepage: 'https://app.example/',
  adminEmail: 'ops@app.example',
  trusted: true,
})
process.stdout.write(JSON.stringify({ key: app.key, secret }))
await appgrant.close()
