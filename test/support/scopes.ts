/** The scope catalogue of tests that are about something else. */
export const SCOPES: Readonly<Record<string, string>> = {
  read: 'Read your data',
  write: 'Change your data',
  admin: 'Administer your account',
  'calls:read': 'See your calls',
  'calls:write': 'Make calls for you',
}
