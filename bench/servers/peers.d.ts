// The shapes of what has no types or is not installed for the checks: only as much as the benchmarks use.

declare module 'oidc-provider' {
  import type { RequestListener } from 'node:http'

  class Provider {
    constructor(issuer: string, configuration: object)
    callback(): RequestListener
    readonly ClientCredentials: { find(token: string): Promise<{ readonly clientId: string } | undefined> }
  }
  // biome-ignore lint/style/noDefaultExport: it is theirs.
  export default Provider
}

declare module '@node-oauth/oauth2-server' {
  class Request {
    constructor(of: object)
  }
  class Response {
    readonly body: unknown
    readonly status: number
    readonly headers: Record<string, string>
  }
  class OAuth2Server {
    static readonly Request: typeof Request
    static readonly Response: typeof Response
    constructor(options: { readonly model: object })
    token(request: Request, response: Response): Promise<unknown>
    authenticate(request: Request, response: Response): Promise<{ readonly user: { readonly id: string } }>
  }
  // biome-ignore lint/style/noDefaultExport: it is theirs.
  export default OAuth2Server
}

declare module '@jmondi/oauth2-server' {
  import type { KeyObject } from 'node:crypto'
  export interface OAuthClient {
    readonly id: string
    readonly name: string
    readonly secret: string
    readonly redirectUris: readonly string[]
    readonly allowedGrants: readonly string[]
    readonly scopes: readonly object[]
  }
  export interface OAuthToken {
    readonly accessToken: string
    readonly accessTokenExpiresAt: Date
    readonly client: OAuthClient
    readonly scopes: readonly object[]
  }
  interface OAuthResponse {
    readonly body: unknown
    readonly status: number
    readonly headers: Record<string, string>
  }
  export class OAuthRequest {
    constructor(of: { readonly headers: object; readonly body: object })
  }
  export class JwtService {
    constructor(key: string | KeyObject)
    verify(token: string): Promise<Record<string, unknown>>
  }
  export class DateInterval {
    constructor(interval: string)
    getEndDate(): Date
  }
  export function generateRandomToken(): string
  export class AuthorizationServer {
    constructor(clients: object, tokens: object, scopes: object, jwt: JwtService)
    enableGrantType(grant: 'client_credentials'): void
    respondToAccessTokenRequest(request: OAuthRequest): Promise<OAuthResponse>
    introspect(request: OAuthRequest): Promise<OAuthResponse>
  }
}

declare module '@better-auth/oauth-provider' {
  export function oauthProvider(options: object): object
}

declare module 'better-auth' {
  interface Auth {
    readonly api: {
      signUpEmail(call: object): Promise<{ readonly headers: Headers }>
      adminCreateOAuthClient(call: object): Promise<{ readonly client_id: string; readonly client_secret: string }>
    }
  }
  export function betterAuth(options: object): Auth
}

declare module 'better-auth/db/migration' {
  export function getMigrations(options: object): Promise<{ runMigrations(): Promise<void> }>
}

declare module 'better-auth/node' {
  import type { IncomingMessage, ServerResponse } from 'node:http'
  import type { Auth } from 'better-auth'

  export function toNodeHandler(auth: Auth): (req: IncomingMessage, res: ServerResponse) => Promise<void>
}

declare module 'better-auth/plugins' {
  export function jwt(): object
}

declare module 'autocannon' {
  import type { EventEmitter } from 'node:events'

  interface Options {
    readonly url: string
    readonly method: 'GET' | 'POST'
    readonly requests: readonly object[]
    readonly connections: number
    readonly amount: number
    /** How often it looks whether it is done, in ms. */
    readonly sampleInt: number
  }
  interface Outcome {
    readonly '2xx': number
  }
  // biome-ignore lint/style/noDefaultExport: it is theirs.
  export default function autocannon(options: Options): PromiseLike<Outcome> & EventEmitter
}
