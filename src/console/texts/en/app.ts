import type { FieldError } from '../../../base/errors.ts'
import type { FieldErrorCode } from '../../../domain/apps/app-fields.ts'
import { counting } from '../counting.ts'

const count = counting('en')

/** What is wrong with a field. `{expected}` and `{received}` are what the error carries. */
const FIELD_ERRORS: Readonly<Record<FieldErrorCode, string>> = {
  required: 'Enter a value',
  wrong_type: 'Enter plain text',
  too_long: 'Too long: {expected}',
  forbidden_character: 'It contains a character that is not allowed. Expected: {expected}',
  not_a_url: 'Enter the whole address, starting with https://. You entered: {received}',
  scheme_not_allowed: 'This kind of address is not allowed. Expected: {expected}. You entered: {received}',
  has_userinfo: 'Remove the user name and password from the address',
  has_wildcard: 'Enter the exact address: * is not allowed',
  has_fragment: 'Remove the # and everything after it',
  host_not_allowed: 'Use a valid host name, not an IP address. Expected: {expected}',
  not_canonical: 'Addresses are compared letter by letter. Use this form: {expected}',
  redirect_required: 'Enter at least one redirect URL, or trust the app',
  not_an_email: 'Enter an address like name@example.com. You entered: {received}',
  not_a_phone_number: 'Enter an international number, starting with +. You entered: {received}',
  not_a_scope: 'This is not a valid scope: {received}',
  not_an_api_type: 'Choose one of the API types',
  too_many: 'Too many entries. Expected: {expected}',
  duplicate: 'This is already in the list',
  public_app_trusted: 'An app without a secret cannot be trusted',
  public_app_jwks: 'An app that does not authenticate cannot have keys',
  issuer_required: 'Keys are not available on this platform',
  unknown_field: 'There is no such field',
  private_key: 'This is a private key. Replace it with a new pair, and enter only the public key',
  not_a_public_key: 'This is not a public signing key. Expected: {expected}',
  not_a_key_id: 'The key id is not valid. Expected: {expected}',
}

/** The forms of an app and its page. */
export const enApp = {
  // Form
  addAppLead: 'When you press OK, the app gets its key and its secret. The secret is shown once.',
  appInfo: 'App info',
  contactInfo: 'Contact info',
  approval: 'How people authorise it',
  userAgreement: 'User agreement',
  required: 'required',
  name: 'Name',
  nameHint: 'What people see when the app asks for access, e.g. Google Apps.',
  descriptionHint: 'Brief details, up to 1,024 characters.',
  homepage: 'Homepage',
  homepageHint: 'Describes what the app does. Names in any script work, e.g. https://übersicht.example.',
  image: 'Image URL',
  imageHint: 'An https address of a picture of the app. It is never loaded by these pages.',
  adminEmail: 'Admin email',
  adminEmailHint: 'Reaches the people who run the app.',
  adminPhone: 'Admin phone',
  adminPhoneHint: 'International, with +.',
  redirectUrls: 'Redirect URLs',
  redirectsRequired: 'at least one, unless the app is trusted',
  redirectsHint: 'Where people are sent after they have decided. HTTPS only; compared letter by letter.',
  redirectUrl: (number: number) => `Redirect URL ${number}`,
  addUrl: 'Add another URL',
  useIt: 'Use it',
  scopes: 'What it may ask for',
  scopesHint: 'Scopes, separated by spaces.',
  apiType: 'API',
  apiRefused: 'Your account cannot add apps for this API.',
  appTrusted: 'App is trusted',
  appTrustedHint: (owner: string) =>
    `With its key and secret alone, the app gets access tokens for ${owner}; nobody is asked. Activate this option only if you trust the app.`,
  mayNotTrust: 'You cannot make an app trusted: this is decided by your provider.',
  authentication: 'How the app authenticates',
  bySecret: 'With a secret',
  bySecretHint: 'For apps that run on a server. The secret is generated for you.',
  byKeys: 'With its own keys',
  byKeysHint: 'The app signs requests with a private key. Only the public key is stored here.',
  byNothing: 'Not at all',
  byNothingHint: 'A public app: a softphone, a browser extension or a page, which cannot keep a secret.',
  jwkSet: 'Public keys (JWK set)',
  jwkSetHint: 'JSON with a member "keys". Never enter a private key.',
  problems: (fields: number) =>
    count(fields, { one: 'There is a problem with 1 field', other: 'There is a problem with # fields' }),
  fieldError: ({ code }: FieldError): string =>
    FIELD_ERRORS[code as FieldErrorCode] ?? 'This is not valid. Expected: {expected}',
  changedMeanwhile:
    'Somebody else has changed this meanwhile. It is now: {stored}. You entered: {typed}. Press OK again to save what you entered.',
  changedShort: 'changed by somebody else meanwhile',
  nothing: 'nothing',
  errorTitle: 'Error:',

  // One app
  registered: 'registered',
  suspendedMeans: 'The app cannot get tokens or make requests until it is resumed.',
  onlyAboveResumes: (name: string) => `Only ${name}, or an account above it, can resume it.`,
  onlyPlatformResumes: 'Only the platform can resume it.',
  noChangesWhileSuspended: 'Until then its fields cannot be changed.',
  formerOwner:
    'The owner’s account has been renewed since this app was registered, so the app does not work. Regenerate its secret to make it work again, or remove it.',
  keyAndSecret: 'Key and secret',
  appKey: 'App ID/key',
  appSecret: 'App secret',
  made: 'Created',
  secretHidden: 'A secret is shown only once, when it is created.',
  publicKeys: 'Public keys',
  publicMeans: 'This is a public app: it has no secret.',
  addSecretLink: 'Add a second…',
  removeSecretLink: 'Remove…',
  regenerateLink: 'Regenerate…',
  useSecretLink: 'Use a secret instead…',
  useKeysLink: 'Use keys instead…',
  replaceKeysLink: 'Replace keys…',
  copy: (name: string) => `Copy ${name}`,
  copied: (name: string) => `The ${name} has been copied`,
  notCopied: (name: string) => `The ${name} could not be copied. It is selected: press Ctrl+C.`,
  theKey: 'key',
  theSecret: 'secret',
  use: 'Usage',
  trustedMeans: 'It gets access tokens without asking anybody.',
  publishLink: 'Publish…',
  unpublishLink: 'Unpublish…',
  resourceServerLink: 'Resource server…',
  stopOrRemove: 'Stop or remove',
  endTokens: 'Revoke all tokens',
  endTokensHint: (accounts: number | undefined) =>
    accounts === undefined
      ? 'Every token of every account is revoked at once. Secret and approvals stay.'
      : count(accounts, {
          one: 'Every token is revoked at once, for 1 account. Secret and approvals stay.',
          other: 'Every token is revoked at once, for # accounts. Secret and approvals stay.',
        }),
  endTokensLink: 'Revoke all tokens…',
  untrust: 'Withdraw trust',
  untrustHint: 'Tokens that the app got by itself are revoked. Tokens approved by people stay.',
  untrustLink: 'Withdraw trust…',
  trustIt: 'Trust the app',
  trustHint: (owner: string) => `With its key and secret alone, the app gets access tokens for ${owner}.`,
  trustLink: 'Trust…',
  removeApp: 'Remove the app',
  removeAppHint: (accounts: number | undefined) =>
    accounts === undefined
      ? 'All accounts lose it. This cannot be undone.'
      : count(accounts, {
          one: '1 account loses it. This cannot be undone.',
          other: '# accounts lose it. This cannot be undone.',
        }),
  removeAppLink: 'Remove…',

  // The secret, once
  isRegistered: '{name} is registered',
  isRegenerated: '{name} has a new secret',
  secretIsAdded: '{name} has a second secret',
  secretOnce: 'Copy the secret now. It is shown on this page only, and nobody can look it up later.',
  secretLost: 'If the secret gets lost, regenerate it. All tokens of the app are then revoked.',
  downloadEnv: 'Download .env',
  secretStored: 'I have stored the secret',
  goToApp: 'Go to the app',
  tryIt: 'Try it',
  exampleRequest: 'Example request',
}
