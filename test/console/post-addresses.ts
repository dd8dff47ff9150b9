/** Everything that a form can be sent to. */
export const postAddresses = (key: string): readonly string[] => [
  '/apps/new',
  '/apps/remove',
  '/managed/remove',
  '/all/suspend',
  `/apps/${key}`,
  ...[
    'suspend',
    'resume',
    'tokens',
    'instances/remove',
    'regenerate',
    'add-secret',
    'remove-secret',
    'end-tokens',
    'trust',
    'untrust',
    'keys',
    'publish',
    'unpublish',
    'resource-server',
  ].map((name) => `/apps/${key}/${name}`),
]
