// The endpoints and a guarded resource on Express 5. Try the commands that it prints.
import { createAppGrant } from 'appgrant'
import { createHandler } from 'appgrant/http'
import { memoryStore } from 'appgrant/memory'
import { accessOf, protectNode, toNodeHandler } from 'appgrant/node'
import express from 'express'

const port = Number(process.env.PORT ?? 3000)
const issuer = `http://127.0.0.1:${port}`
const appgrant = createAppGrant({ store: memoryStore(), issuer })
const { app: registered, secret } = await appgrant.apps.register({
  owner: 'org-7',
  name: 'Call Reports',
  homepage: 'https://reports.example/',
  adminEmail: 'ops@reports.example',
  scopes: ['calls:read'],
  trusted: true,
})

const app = express()
app.get('/calls', protectNode(appgrant.authorizer, { scope: 'calls:read' }), (req, res) => {
  res.send(`calls of ${accessOf(req).account}\n`)
})
// Before express.json() and express.urlencoded(): the endpoints read their bodies themselves, up to a limit.
// If other routes follow, mount it at its own paths only: /token, /revoke, /introspect, /apps, /tokens, /.well-known/….
app.use(['/token', '/revoke', '/introspect', '/.well-known'], toNodeHandler(createHandler(appgrant)))
app.use(express.json())

app.listen(port, '127.0.0.1', () => {
  console.log(`curl -u ${registered.key}:${secret} -d grant_type=client_credentials ${issuer}/token`)
  console.log(`curl -H "Authorization: Bearer TOKEN" ${issuer}/calls`)
})
