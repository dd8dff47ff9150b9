// The endpoints and a protected resource on Express 5. Try the commands that it prints.
import { createHandler } from 'appgrant/http'
import { accessOf, protectNode, toNodeHandler } from 'appgrant/node'
import express from 'express'
import { platform, port, printCommands } from './platform.ts'

const { appgrant, ...credentials } = await platform()

const app = express()
app.get('/calls', protectNode(appgrant.authorizer, { scope: 'calls:read' }), (req, res) => {
  res.send(`calls of ${accessOf(req).account}\n`)
})
// Before express.json() and express.urlencoded(): the endpoints read their bodies themselves, up to a limit.
// If other routes follow, mount it at its own paths only: /token, /revoke, /introspect, /apps, /tokens, /.well-known/….
app.use(['/token', '/revoke', '/introspect', '/.well-known'], toNodeHandler(createHandler(appgrant)))
app.use(express.json())

app.listen(port, '127.0.0.1', () => printCommands(credentials))
