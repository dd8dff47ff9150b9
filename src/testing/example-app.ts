import type { NewApp } from '../domain/apps/app-fields.ts'

/** The fields that {@link exampleApp} has in any case. */
export type ExampleFields = Required<Pick<NewApp, 'owner' | 'name' | 'homepage' | 'adminEmail' | 'redirectUrls'>>

/**
 * The fields of a valid registration, for tests that are about something else.
 *
 * @param fields - override the fields of the example.
 * @example
 * ```ts
 * const { app } = await appgrant.apps.register(exampleApp({ owner: 'org-7', trusted: true }))
 * ```
 */
export function exampleApp<Fields extends Partial<NewApp> = Record<never, never>>(
  fields?: Fields,
): ExampleFields & Fields {
  const example: ExampleFields = {
    owner: 'org-1',
    name: 'Example App',
    homepage: 'https://app.example/',
    adminEmail: 'admin@app.example',
    redirectUrls: ['https://app.example/callback'],
  }
  return { ...example, ...fields } as ExampleFields & Fields
}
