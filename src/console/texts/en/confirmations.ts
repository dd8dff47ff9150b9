import { counting } from '../../../frame/counting.ts'

const count = counting('en')

/** The pages that ask before something cannot be undone. */
export const enConfirmations = {
  understandLoss: (accounts: number | undefined) =>
    accounts === undefined
      ? 'I understand that accounts lose access at once'
      : count(accounts, {
          one: 'I understand that 1 account loses access at once',
          other: 'I understand that # accounts lose access at once',
        }),
  tickMissing: 'Tick the box to go on',
  onlyStop: 'Do you only want to stop it for a while?',
  suspendInstead: 'Suspend it instead: nothing works until you resume it, and nothing is lost.',
  suspendProgramInstead:
    'Suspend it instead: nothing works until you resume it. A program that registered itself usually forgets its authorization meanwhile, and asks you again after that.',
  removeIsNoBan:
    'Removing is not a ban: a program that registered itself can ask again, and then gets a new key. Suspend it to keep it out.',
  approvalsStay:
    'The app stays registered, and accounts keep it in their list. They are asked again when the app needs access.',
  secretAndApprovalsStay:
    'The secret stays valid and the list of accounts stays as it is. The app can ask for access again.',
  nothingRevoked: 'No token is revoked.',
  allTokensRevoked: (accounts: number | undefined) =>
    accounts === undefined
      ? 'Every token of every account is revoked. How many accounts use the app is not known at the moment.'
      : count(accounts, {
          zero: 'Every token is revoked. No account uses the app at the moment.',
          one: 'Every token of 1 account is revoked, and the app has to ask it again.',
          other: 'Every token of all # accounts is revoked, and the app has to ask them again.',
        }),

  // Apps
  removeOneTitle: (name: string) => `Remove ${name}?`,
  removeAppsTitle: (apps: number) => count(apps, { one: 'Remove 1 app?', other: 'Remove # apps?' }),
  removeAppsLead:
    'This cannot be undone. A removed app cannot get new access tokens or make any other request, and all its tokens are revoked at once.',
  removeAppsButton: (apps: number) => count(apps, { one: 'Remove 1 app', other: 'Remove # apps' }),
  selectedApps: 'Apps to remove',
  accountsLosing: 'Accounts that lose it',
  tokensLost: 'Your tokens revoked',

  // Credentials
  regenerateTitle: (name: string) => `Regenerate the secret of ${name}?`,
  regenerateLead: 'The app gets a new secret, which is shown once.',
  oldSecretStops: 'The old secret, or the keys, stop working at once.',
  onlyNewSecret: 'Do you only want to change the secret?',
  addSecretInstead: 'Add a second secret instead: nothing is revoked.',
  regenerateButton: 'Regenerate',
  addSecretTitle: (name: string) => `Add a second secret to ${name}?`,
  addSecretLead: 'For a planned change: install the new secret in the app, then remove the old one. It is shown once.',
  bothSecretsWork: 'Both secrets work until you remove one.',
  addSecretButton: 'Add a secret',
  removeSecretTitle: (name: string) => `Remove a secret of ${name}?`,
  secretMade: 'The secret created on',
  secretStops: 'It stops working at once. The other secret keeps working.',
  removeSecretButton: 'Remove the secret',
  keysTitle: (name: string) => `Use keys for ${name}?`,
  keysLead: 'From now on, the app authenticates with assertions signed by one of these keys, and with nothing else.',
  credentialsReplaced: 'All secrets and keys it has now stop working at once.',
  keysButton: 'Use these keys',

  // Tokens and trust
  endTokensTitle: (name: string) => `Revoke all tokens of ${name}?`,
  endTokensLead: 'Access tokens, refresh tokens and codes stop working at once.',
  endTokensButton: 'Revoke all tokens',
  trustTitle: (name: string) => `Trust ${name}?`,
  trustLead: 'Do this only if you trust the app.',
  trustEffect: (owner: string) => `With its key and secret alone, it gets access tokens for ${owner}. Nobody is asked.`,
  trustButton: 'Trust the app',
  untrustTitle: (name: string) => `Withdraw trust from ${name}?`,
  untrustLead: 'The app can then get access only from people who approve it.',
  ownTokensRevoked: 'Access tokens that it got by itself are revoked at once.',
  approvedTokensStay: 'Tokens approved by people stay.',
  untrustButton: 'Withdraw trust',

  // Accounts
  withdrawTitle: (apps: number) =>
    count(apps, { one: 'Remove the access of 1 app?', other: 'Remove the access of # apps?' }),
  withdrawLead: (account: string) => `This takes back what ${account} has allowed.`,
  withdrawEffect: (account: string) =>
    `Tokens with which these apps act for ${account} are revoked at once. To get access back, an app has to ask again.`,
  withdrawKept: 'Other accounts are not affected, and the app itself stays registered.',
  withdrawButton: (apps: number) => count(apps, { one: 'Remove 1 app', other: 'Remove # apps' }),
  removeInstancesTitle: (accounts: number) =>
    count(accounts, { one: 'Remove 1 account?', other: 'Remove # accounts?' }),
  removeInstancesLead: (app: string) => `${app} loses its access to these accounts.`,
  removeInstancesEffect: 'Its tokens for these accounts are revoked at once. To get access back, it has to ask again.',
  removeInstancesButton: (accounts: number) => count(accounts, { one: 'Remove 1 account', other: 'Remove # accounts' }),

  // The platform's
  publishTitle: (name: string) => `Publish ${name}?`,
  publishLead: 'Published apps are available to all tenants.',
  publishEffect: 'Accounts of every tenant can approve it.',
  publishButton: 'Publish',
  unpublishTitle: (name: string) => `Unpublish ${name}?`,
  unpublishLead: 'The app is then available to its owner’s tenant only.',
  unpublishEffect: 'Tokens of other tenants’ accounts cannot be used until it is published again.',
  unpublishButton: 'Unpublish',
  resourceServerTitle: (name: string) => `Make ${name} a resource server?`,
  resourceServerLead: 'A resource server can ask what the tokens that are meant for it allow.',
  resourceIdentifier: 'Resource identifier',
  resourceServerHint: 'One of the resources of this platform. Leave it empty to end this.',
  resourceServerEffect: 'It can introspect the access tokens of every app for this resource.',
  resourceServerButton: 'Save',
}
