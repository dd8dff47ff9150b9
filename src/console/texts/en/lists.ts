import { counting } from '../../../frame/counting.ts'

const count = counting('en')

/** The frame of every page, and the lists. */
export const enLists = {
  // Frame
  consoleTitle: 'Apps',
  apps: 'App registration',
  managed: 'App management',
  all: 'All apps',
  skip: 'Skip to content',
  acting: 'You act for {name}. What you do here is recorded with your login.',
  actingAsPlatform: 'You act as the platform for {name}. What you do here is recorded with your login.',
  backToOwn: 'Back to your own apps',
  backToAll: 'Back to all apps',
  back: 'Back',
  ok: 'OK',
  cancel: 'Cancel',
  close: 'Close',
  yes: 'Yes',
  no: 'No',

  // Every list
  search: 'Search',
  clearSearch: 'Clear search',
  filter: 'Filter',
  any: 'Any',
  select: (name: string) => `Select ${name}`,
  selectPage: 'Select all on this page',
  selected: '{n} selected',
  removeSelected: 'Remove selected',
  suspendSelected: 'Suspend selected',
  firstPage: 'First page',
  nextPage: 'Next page',
  appsFirst: (apps: number) => count(apps, { one: '1 app', other: 'Apps 1–#' }),
  appsHere: (apps: number) => count(apps, { one: '1 app on this page', other: '# apps on this page' }),
  nothingFound: 'No app matches “{name}”.',
  nothingMatches: 'Nothing matches.',
  searchCut: 'The search has looked through the first 1,000 entries.',
  lookFurther: 'Continue searching',
  countUnknown: 'not known at the moment',

  // App registration
  appsLead:
    'Third-party apps registered by this account. Suspending an app stops everything it does at once; resuming it restores its access.',
  appsTable: (owner: string) => `Apps registered by ${owner}`,
  searchApps: 'Search apps by name',
  addApp: 'Add app',
  otherAccount: 'Act for another account',
  noApps: 'No apps yet',
  noAppsLead: 'Register an app to get a key and a secret. With these it can ask people for access.',
  mayNotRegister: 'You cannot register apps: your provider has not enabled this for your account.',
  status: 'Status',
  active: 'Active',
  suspended: 'Suspended',
  suspend: 'Suspend',
  resume: 'Resume',
  /** After "Active:". */
  suspendApp: (name: string) => `suspend ${name}`,
  /** After "Suspended:". */
  resumeApp: (name: string) => `resume ${name}`,
  suspendedBy: (name: string) => `Suspended by ${name}`,
  suspendedByPlatform: 'Suspended by the platform',
  app: 'App',
  description: 'Description',
  instances: 'Instances',
  instancesOf: (accounts: number, app: string) =>
    count(accounts, { one: `1 account uses ${app}`, other: `# accounts use ${app}` }),
  accessTokens: 'Access tokens',
  tokensOf: (tokens: number, app: string) =>
    count(tokens, { one: `1 access token of ${app}`, other: `# access tokens of ${app}` }),
  configured: 'Configured',
  homepageOpens: 'Homepage, in a new window:',
  trust: 'Trust',
  trusted: 'Trusted',
  notTrusted: 'Not trusted',
  publicApp: 'Public',
  ownKeys: 'Own keys',
  registeredItself: 'Registered itself',
  registeredInBrowser: 'Registered in the browser',
  lastUsed: 'Last used',
  neverUsed: 'Not used yet',
  idleFor: (days: number) => count(days, { one: '1+ days ago', other: '#+ days ago' }),

  // App management
  managedLead: (account: string) =>
    `Apps that can act for ${account}. Removing an app revokes all its access to this account; to get it back, the app has to ask again.`,
  managedTable: (account: string) => `Apps that can act for ${account}`,
  mayNotUse: 'Apps cannot act for this account now: your provider has not enabled this.',
  noInstalls: 'No apps yet',
  noInstallsLead: 'An app appears here after this account has approved it.',
  installed: 'Installed',
  approvedBy: 'Approved by',
  ownedBy: 'by',
  mayDo: 'What it can do',
  nothingParticular: 'Nothing in particular',

  // Access tokens
  tokensTitle: 'Access tokens of {name}',
  tokensLead:
    'Access tokens with which the app can act for {account} now. A removed token stops working at once. The app can get another one; to prevent that, suspend the app.',
  tokensCount: (tokens: number) => count(tokens, { one: '1 token', other: '# tokens, the next to expire first' }),
  noTokens: 'There are no access tokens at the moment. The app can get new ones.',
  selectAllNow: 'Select all there are now',
  selectToken: (expires: string) => `Select the token that expires ${expires}`,
  expires: 'Expires',
  userAgent: 'User agent',
  notGiven: 'not given',
  howObtained: 'Obtained',
  byItself: 'By the app itself',
  byApproval: 'With your approval',
  issued: 'Issued',

  // Instances
  instancesTitle: 'Accounts that use {name}',
  instancesLead: (accounts: number) =>
    count(accounts, { one: '1 account has approved this app.', other: '# accounts have approved this app.' }),
  noInstances: 'No accounts to show',
  noInstancesLead: 'An account appears here after it has approved the app.',
  unseen: (accounts: number) =>
    count(accounts, {
      one: '1 more account that you are not allowed to see',
      other: '# more accounts that you are not allowed to see',
    }),
  account: 'Account',

  // Accounts to act for
  accounts: 'Act for another account',
  accountsLead: 'Accounts below yours. What you do for an account is recorded with your login.',
  searchAccounts: 'Search accounts by name',

  // All apps
  allLead:
    'Every app of every account, in no particular order. You act as the platform here: only the platform can resume what it has suspended.',
  searchAll: 'Search by name, or enter a whole key or account',
  owner: 'Owner',
  reach: 'Availability',
  published: 'Published',
  ownTenant: 'Own tenant',
  resourceServer: 'Resource server',
}
