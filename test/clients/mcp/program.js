import { createInterface } from 'node:readline'

/** What the test gives: the URL of the MCP server, and how the client is known to the platform. */
export const given = JSON.parse(process.argv[2])

const lines = createInterface({ input: process.stdin })[Symbol.asyncIterator]()
const next = async () => (await lines.next()).value
const report = (seen) => console.log(JSON.stringify(seen))

const metadata = {
  client_name: 'Assistant',
  redirect_uris: [given.redirectUrl],
  grant_types: ['authorization_code', 'refresh_token'],
  response_types: ['code'],
  token_endpoint_auth_method: 'none',
}

/** How the program is known to the platform without registering itself: it is configured with it, and does not forget it. */
const configured = given.clientId && { client_id: given.clientId, issuer: given.issuer }

/** An OAuthClientProvider as the SDKs document it, which keeps everything in memory. */
function createProvider() {
  const kept = { client: configured }
  const keep = (some) => void Object.assign(kept, some)
  return {
    kept,
    redirectUrl: given.redirectUrl,
    clientMetadata: metadata,
    ...(given.documentUrl && { clientMetadataUrl: given.documentUrl }),
    state: () => 'state-of-the-program',
    clientInformation: () => kept.client,
    saveClientInformation: (client) => keep({ client }),
    tokens: () => kept.tokens,
    saveTokens: (tokens) => keep({ tokens }),
    codeVerifier: () => kept.verifier,
    saveCodeVerifier: (verifier) => keep({ verifier }),
    redirectToAuthorization: (url) => keep({ url: String(url) }),
    discoveryState: () => kept.discovery,
    saveDiscoveryState: (state) => keep({ discovery: state }),
    invalidateCredentials(scope) {
      if (scope === 'all' || scope === 'client') kept.client = configured
      if (scope === 'all' || scope === 'tokens') kept.tokens = undefined
      if (scope === 'all' || scope === 'discovery') kept.discovery = undefined
    },
  }
}

/**
 * For each line `call`, lists the tools on a new connection. If the user must sign in, it reports the URL for the browser and waits for
 * the one to which the browser came back, or for `none`.
 */
export async function converse({ connect, finish, provider: more }) {
  const provider = Object.assign(createProvider(), more)
  while ((await next()) === 'call') {
    provider.kept.url = undefined
    try {
      report({ tools: await connect(provider) })
    } catch (error) {
      const { url } = provider.kept
      if (url === undefined) throw error
      report({ url })
      const callback = await next()
      if (callback === 'none') continue
      await finish(provider, new URL(callback))
      report({ tools: await connect(provider) })
    }
  }
}
