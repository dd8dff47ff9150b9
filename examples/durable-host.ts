// A host that keeps everything in one SQLite file: `durable-host.ts FILE PORT`. Several processes may share the file.
import { createServer } from 'node:http'
import { createAppGrant } from 'appgrant'
import { createHandler } from 'appgrant/http'
import { accessOf, protectNode, toNodeHandler } from 'appgrant/node'
import { sqliteStore } from 'appgrant/sqlite'

const [file = './appgrant.db', port = '3000'] = process.argv.slice(2)
const store = sqliteStore(file)
await store.prepare()
const scopes = { 'calls:read': 'See your calls' }
const appgrant = createAppGrant({ store, issuer: `http://127.0.0.1:${port}`, scopes })
await appgrant.prepare()

const endpoints = toNodeHandler(createHandler(appgrant))
const guard = protectNode(appgrant.authorizer, { scope: 'calls:read' })
const server = createServer((req, res) => {
  if (req.url !== '/calls') return void endpoints(req, res)
  guard(req, res, () => res.end(`calls of ${accessOf(req).account}`))
})
server.listen(Number(port), '127.0.0.1', () => console.log(`listening on ${port}`))

process.once('SIGTERM', () => {
  server.close(() => appgrant.close())
  server.closeAllConnections()
})
