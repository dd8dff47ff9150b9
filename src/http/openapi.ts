import type { ApiRoute, QueryName } from './account-api.ts'
import { type SchemaName, schemas } from './schemas.ts'

const QUERY: Readonly<Record<QueryName, string>> = {
  account: 'Whose: the signed-in account, or one below it. Default is the signed-in account.',
  app: 'The key of the app.',
  cursor: 'The nextCursor of the page before.',
  limit: 'How many items at most, 1–1000. Default is 50.',
  name: 'Part of the name, whatever its case.',
  owner: 'The signed-in account, or one below it. Default is the signed-in account.',
}

/**
 * The description of the JSON API, from the same table that serves it.
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
      title: 'Apps and their tokens, for signed-in accounts',
      version: '1',
      description:
        'Changes need Content-Type: application/json and Sec-Fetch-Site: same-origin, or where that is absent an Origin ' +
        'equal to that of the issuer. How an account signs in is up to the host.',
    },
    servers: [{ url: issuer }],
    paths,
    components: { schemas },
  }
}

function operation({ method, path, summary, query = [], body = 'Nothing', status, result }: ApiRoute) {
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
    schema: { type: name === 'limit' ? 'integer' : 'string' },
  }))
  return {
    summary,
    parameters: [...inPath, ...inQuery],
    ...(method !== 'GET' && { requestBody: { content: json(body) } }),
    responses: {
      [status]: { description: 'Done.', ...(result && { content: json(result) }) },
      default: { description: 'Refused, or not possible now.', content: json('Error') },
    },
  }
}

function json(schema: SchemaName) {
  return { 'application/json': { schema: { $ref: `#/components/schemas/${schema}` } } }
}
