import type { Management } from '../../create-app-grant.ts'
import type { Method } from '../wire/router.ts'
import type { SchemaName } from './schemas.ts'

/** A parsed request of a signed-in account. The core validates the values in query and body. */
export interface ApiCall {
  readonly account: string
  /** The operations of this account. Routes have no other authority. */
  readonly management: Management
  readonly params: Readonly<Record<string, string>>
  readonly query: Readonly<Record<string, string>>
  readonly body: Readonly<Record<string, unknown>>
}

/** One operation of the JSON API, with its OpenAPI description. */
export interface ApiRoute {
  readonly method: Method
  readonly path: string
  readonly summary: string
  readonly query?: readonly QueryName[]
  /** Default is an empty object. */
  readonly body?: SchemaName
  readonly status: 200 | 201 | 204
  /** Absent if the status is 204. */
  readonly result?: SchemaName
  /** Whether the call gives more rights than there were: then the host may ask for a fresh sign-in. Default is no. */
  readonly isRisky?: (body: ApiCall['body']) => boolean
  readonly run: (call: ApiCall) => Promise<unknown>
}

export type QueryName =
  | 'account'
  | 'apiType'
  | 'app'
  | 'cursor'
  | 'limit'
  | 'name'
  | 'order'
  | 'owner'
  | 'suspended'
  | 'trusted'
  | 'unusedDays'
