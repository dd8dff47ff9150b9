// The endpoints and a guarded resource on node:http. Try the commands that it prints.
import { createServer } from 'node:http'
import { createAppGrant } from 'appgrant'
import { createHandler } from 'appgrant/http'
import { memoryStore } from 'appgrant/memory'
import { accessOf, protectNode, toNodeHandler } from 'appgrant/node'

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

const endpoints = toNodeHandler(createHandler(appgrant))
const guard = protectNode(appgrant.authorizer, { scope: 'calls:read' })

const server = createServer((req, res) => {
  if (req.url !== '/calls') return void endpoints(req, res)
  // If the token is rejected, the guard sends the response itself; otherwise it calls `next`.
  guard(req, res, (error) => {
    if (error) res.statusCode = 500
    res.end(error ? '' : `calls of ${accessOf(req).account}\n`)
  })
})
server.listen(port, '127.0.0.1', () => {
  console.log(`curl -u ${registered.key}:${secret} -d grant_type=client_credentials ${issuer}/token`)
  console.log(`curl -H "Authorization: Bearer TOKEN" ${issuer}/calls`)
})
