import type { NewApp } from '../domain/app-fields.ts'

/**
 * A registration that passes every rule, for tests that are about something else.
 *
 * @param fields - what the test is about; they go before the example's own.
 * @example
 * ```ts
 * const { app } = await grants.apps.register(exampleApp({ owner: 'org-7', trusted: true }))
 * ```
 */
export function exampleApp(fields: Partial<NewApp> = {}): NewApp {
  return {
    owner: 'org-1',
    name: 'Example App',
    homepage: 'https://app.example/',
    adminEmail: 'admin@app.example',
    redirectUrls: ['https://app.example/callback'],
    ...fields,
  }
}
