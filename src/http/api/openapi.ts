import { MAX_UNUSED_DAYS } from '../../domain/apps/app-filter.ts'
import type { ApiRoute, QueryName } from './api-route.ts'
import { MAX_PAGE } from './paging.ts'
import { type SchemaName, schemas } from './schemas.ts'

const QUERY: Readonly<Record<QueryName, string>> = {
  account: 'The account: the signed-in one, or one below it. Default is the signed-in account.',
  apiType: 'Only apps of this API type.',
  app: 'The key (client_id) of the app.',
  cursor: 'The nextCursor of the previous page.',
  limit: `The maximum number of items, 1–${MAX_PAGE}. Default is 50.`,
  name: 'Part of the name. Case is ignored.',
  order: 'Whether the apps that were registered first or last come first. Default is oldest.',
  owner: 'The account that owns the apps: the signed-in one, or one below it. Default is the signed-in account.',
  suspended: 'Only apps that are suspended (true), or that are not (false).',
  trusted: 'Only apps that are trusted (true), or that are not (false).',
  unusedDays: `Only apps that were last issued a token at least this many days ago, 1–${MAX_UNUSED_DAYS}.`,
}

const VALUES: Partial<Record<QueryName, Readonly<Record<string, unknown>>>> = {
  limit: { type: 'integer', minimum: 1, maximum: MAX_PAGE },
  order: { enum: ['oldest', 'newest'] },
  suspended: { type: 'boolean' },
  trusted: { type: 'boolean' },
  unusedDays: { type: 'integer', minimum: 1, maximum: MAX_UNUSED_DAYS },
}

/**
 * Generates the description of the JSON API from the routes that serve it.
 *
 * @see [OpenAPI Specification 3.1](https://spec.openapis.org/oas/v3.1.1.html)
 */
export function openApi(issuer: string, routes: readonly ApiRoute[]): Readonly<Record<string, unknown>> {
  const paths: Record<string, Record<string, unknown>> = {}
  for (const route of routes)
    paths[route.path] = { ...paths[route.path], [route.method.toLowerCase()]: operation(route) }
  return {
    openapi: '3.1.0',
    info: {
      title: 'Apps, tokens and installs of signed-in accounts',
      version: '1',
      description:
        'Requests that change something need Content-Type: application/json and Sec-Fetch-Site: same-origin or, if the ' +
        'client does not send that, an Origin equal to the origin of the issuer. Pages of origins that the host named may ' +
        'send them too. The host decides how accounts sign in.',
    },
    servers: [{ url: issuer }],
    paths,
    components: { schemas },
  }
}

function operation({ method, path, summary, query = [], body = 'Empty', status, result }: ApiRoute) {
  const inPath = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => ({
    name,
    in: 'path',
    required: true,
    schema: { type: 'string' },
  }))
  const inQuery = query.map((name) => ({
    name,
    in: 'query',
    required: name === 'app',
    description: QUERY[name],
    schema: VALUES[name] ?? { type: 'string' },
  }))
  return {
    summary,
    parameters: [...inPath, ...inQuery],
    ...(method !== 'GET' && { requestBody: { content: json(body) } }),
    responses: {
      [status]: { description: 'Success.', ...(result && { content: json(result) }) },
      default: { description: 'Rejected, or temporarily unavailable.', content: json('Error') },
    },
  }
}

function json(schema: SchemaName) {
  return { 'application/json': { schema: { $ref: `#/components/schemas/${schema}` } } }
}
