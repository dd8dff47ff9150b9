// The endpoints and a protected resource on node:http. Try the commands that it prints.
import { createServer } from 'node:http'
import { createHandler } from 'appgrant/http'
import { accessOf, protectNode, toNodeHandler } from 'appgrant/node'
import { platform, port, printCommands } from './platform.ts'

const { appgrant, ...credentials } = await platform()

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
server.listen(port, '127.0.0.1', () => printCommands(credentials))
