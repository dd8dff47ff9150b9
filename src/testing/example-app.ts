/** The fields of a registration. */
export interface NewApp {
  readonly owner: string
  readonly name: string
  readonly homepage: string
  readonly adminEmail: string
  readonly description?: string
  readonly image?: string
  readonly adminPhone?: string
  readonly redirectUrls?: readonly string[]
  readonly scopes?: readonly string[]
  readonly api?: string
  readonly trusted?: boolean
  readonly public?: boolean
}

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
