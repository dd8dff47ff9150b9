import { counting } from '../../../frame/counting.ts'
import type { Failure } from '../failure.ts'

const count = counting('en')

/** Title and explanation of each page that says why there is no other. */
const FAILURES: Readonly<Record<Failure, readonly [title: string, explanation: string]>> = {
  accountBlocked: ['Your account is blocked', 'Its apps cannot be shown or changed. Ask your provider.'],
  crossSite: [
    'This did not come from a page of this console',
    'Nothing was changed. Go to your apps and try again from there.',
  ],
  invalidRequest: ['This request is not valid', 'Nothing was changed. Go to your apps and try again from there.'],
  methodNotAllowed: ['This request is not valid', 'Nothing was changed. Go to your apps and try again from there.'],
  notFound: ['Nothing to see here', 'The app does not exist any more, or you are not allowed to see it.'],
  notPermitted: ['You are not allowed to do this', 'Your provider decides who may. Nothing was changed.'],
  outcomeUnknown: [
    'It is not certain that this was done',
    'The connection to the database failed while it was being saved. You can safely do it again.',
  ],
  serverError: ['Something went wrong', 'The error has been reported. It is not certain that your change was saved.'],
  tooLarge: ['This form is too large', 'Nothing was changed. Shorten what you entered.'],
  unavailable: [
    'This page is not available at the moment',
    'What was done stays done, and suspended apps stay suspended. Try again in a few seconds.',
  ],
  wrongType: ['This request is not valid', 'Nothing was changed. Go to your apps and try again from there.'],
}

/** What was done, what was not, and what to do about it. */
export const enMessages = {
  failures: FAILURES,
  goToApps: 'Go to your apps',
  tryAgain: 'Try again',

  // Done
  isSuspended: '{name} is suspended. It cannot get tokens or make requests until you resume it.',
  isProgramSuspended:
    '{name} is suspended. Such a program usually forgets its authorization meanwhile: after you resume it, it asks you again.',
  isResumed: '{name} is active again. Tokens that have not expired work again.',
  isSaved: 'Your changes are saved.',
  nothingChanged: 'There was nothing to save.',
  appsSuspended: (apps: number) => count(apps, { one: '1 app is suspended.', other: '# apps are suspended.' }),
  appsRemoved: (apps: number) => count(apps, { one: '1 app was removed.', other: '# apps were removed.' }),
  tokensRemoved: (tokens: number) =>
    count(tokens, { one: '1 access token was removed.', other: '# access tokens were removed.' }),
  allTokensRemoved: 'All access tokens were removed.',
  tokensEnded: 'All tokens of {name} are revoked.',
  isTrusted: '{name} is trusted.',
  isUntrusted: '{name} is not trusted any more. Tokens that it got by itself are revoked.',
  keysReplaced: '{name} has new keys. All its tokens are revoked.',
  secretRemoved: 'The secret was removed. The other one keeps working.',
  isPublished: '{name} is published.',
  isUnpublished: '{name} is not published any more.',
  resourceServerSaved: 'The resource server setting is saved.',
  appRegistered: '{name} is registered.',
  withdrawn: (apps: number) =>
    count(apps, { one: 'The access of 1 app was removed.', other: 'The access of # apps was removed.' }),
  instancesRemoved: (accounts: number) =>
    count(accounts, { one: '1 account was removed.', other: '# accounts were removed.' }),
  nothingLeft: 'There was nothing left to remove.',
  removed: 'Removed',

  // Not done
  selectApp: 'Select at least one app.',
  selectAnyToken: 'Select at least one token.',
  selectAccount: 'Select at least one account.',
  listChanged: 'The list has changed. This is its first page.',
  someFailed: (failed: number) => count(failed, { one: '1 was not completed', other: '# were not completed' }),
  appLimit: (limit: number) =>
    count(limit, {
      one: 'You have 1 of 1 app. Remove it before you add another.',
      other: 'You have # of # apps. Remove one before you add another.',
    }),
  idlest: 'These were last used, or registered, the longest time ago:',
  idleApps: 'All apps that have not been used for 90 days',
  notPermittedHere: 'You are not allowed to do this. Your provider decides who may.',
  suspendedAbove: 'It was suspended by an account above, or by the platform. Only there can it be resumed.',
  secretLimit: 'It already has two secrets. Remove one first.',
  secretGone: 'The secret was regenerated a moment ago. Look at the page of the app before you do it again.',
  conflict: 'Somebody changed it at the same moment. Try again.',
  notSaved: 'This is not available at the moment. Nothing was changed. Try again in a few seconds.',
  tooMany: 'There were too many changes in a short time. Nothing was changed. Try again in a minute.',
  notCertain: 'It is not certain that this was done. Try again: doing it twice does no harm.',
  notCertainRegistered: 'It is not certain that the app was registered. Press OK again: it is not registered twice.',
  alreadyRegistered:
    '{name} was registered a moment ago. Its secret was shown then; if you did not see it, regenerate it.',
  notDone: 'This could not be completed',
  sendAgain: 'Send again',
  notValid: 'This is not valid. Nothing was changed.',
  gone: 'It does not exist any more.',

  // Who is signed in
  signedOut: 'You have been signed out. Nothing was changed.',
  signInAgain: 'Sign in in a new window',
  thenPressAgain: '{link}, then press the button here again. What you entered is kept.',
  otherViewer: 'Another account is signed in now',
  otherViewerExplained: (name: string) =>
    `You are now signed in as ${name}. The page was made for somebody else. Nothing was changed.`,
  confirmIdentity: 'Confirm that it is you',
  confirmIdentityLink: 'Confirm your identity',
  confirmThenPressAgain: '{link} in a new window, then press the button here again. What you entered is kept.',
}
