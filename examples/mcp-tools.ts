// The part of an MCP server that knows nothing of OAuth: one tool, called by JSON-RPC messages that are POSTed.
import type { IncomingMessage, ServerResponse } from 'node:http'
import { json } from 'node:stream/consumers'

interface Message {
  readonly id?: string | number
  readonly method: string
  readonly params?: { readonly name?: string; readonly protocolVersion?: string }
}

const TOOLS = [{ name: 'count-calls', description: 'Counts your calls of today', inputSchema: { type: 'object' } }]

/** Serves a request of a client that acts for the account. */
export async function serveTools(req: IncomingMessage, res: ServerResponse, account: string): Promise<void> {
  if (req.method !== 'POST') return void res.writeHead(405, { allow: 'POST' }).end()
  const { id, method, params = {} } = (await json(req)) as Message
  // A notification has no id and no response.
  if (id === undefined) return void res.writeHead(202).end()
  const results: Readonly<Record<string, unknown>> = {
    initialize: {
      protocolVersion: params.protocolVersion,
      capabilities: { tools: {} },
      serverInfo: { name: 'calls', version: '1.0.0' },
    },
    'tools/list': { tools: TOOLS },
    'tools/call': { content: [{ type: 'text', text: `${account} has 7 calls` }] },
  }
  const result = results[method]
  const answer = result === undefined ? { error: { code: -32_601, message: 'Method not found' } } : { result }
  res.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify({ jsonrpc: '2.0', id, ...answer }))
}
