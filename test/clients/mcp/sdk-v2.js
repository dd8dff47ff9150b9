import { Client, DpopSession, StreamableHTTPClientTransport } from '@modelcontextprotocol/client'
import { converse, given } from './program.js'

const transportFor = (authProvider) => new StreamableHTTPClientTransport(new URL(given.mcp), { authProvider })

// With it the SDK binds tokens to a key, if the platform does.
const session = given.dpop && (await DpopSession.create())

await converse({
  provider: session && { dpop: () => session },
  async connect(provider) {
    const client = new Client({ name: 'assistant', version: '1.0.0' })
    await client.connect(transportFor(provider))
    const { tools } = await client.listTools()
    await client.close()
    return tools.map(({ name }) => name)
  },
  // With all parameters, so that `iss` is checked too.
  finish: (provider, callback) => transportFor(provider).finishAuth(callback.searchParams),
})
