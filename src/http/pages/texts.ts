import type { ShippedTexts } from '../../frame/languages.ts'

/**
 * The sentences of the consent page and of the error page. They are plain text and escaped when they are shown. A name in braces stands
 * for a value that is put in its place.
 */
export interface PageTexts {
  /** The title of the consent page, with the name of the app. */
  readonly consentTitle: (app: string) => string
  /** With `{name}`, the name of the app. */
  readonly consentHeading: string
  /** With `{account}`, the account that is signed in. */
  readonly signedInAs: string
  /** The title of the page about a program that registered itself. The name is not in it, because anyone can choose any name. */
  readonly strangerTitle: string
  readonly strangerHeading: string
  readonly strangerUnchecked: string
  /** With `{host}`, the host that the response is sent to. */
  readonly strangerElsewhere: string
  readonly strangerOnDevice: string
  /** With `{host}`, the host that publishes the document of the program. */
  readonly strangerPublisher: string
  /** With `{name}`, what the program calls itself. */
  readonly strangerName: string
  readonly strangerIsNew: string
  readonly strangerChanged: string
  /** With `{name}`, what the program called itself before. */
  readonly strangerRenamed: string
  /** With `{host}`, that of another app of the account. */
  readonly strangerNamesake: string
  /** With `{account}`, the account that is signed in. */
  readonly strangerAccount: string
  readonly owner: string
  readonly homepage: string
  readonly redirectsTo: string
  readonly permissions: string
  readonly noPermissions: string
  readonly deny: string
  readonly approve: string
  readonly revokeLater: string
  readonly errorTitle: string
  /** With `{message}`, an error in English. */
  readonly forDeveloper: string
  readonly notRegistered: string
  readonly suspended: string
  readonly accountBlocked: string
  readonly notPermitted: string
  readonly tooManyApps: string
  readonly consentEnded: string
  readonly decisionUnknown: string
  readonly tooMany: string
  readonly unavailable: string
  readonly invalidRequest: string
  /** Of the page on which a user registers an app. Neither contains the name of the app. */
  readonly registrationTitle: string
  readonly registrationHeading: string
  readonly adminEmail: string
  readonly adminPhone: string
  readonly description: string
  readonly apiType: string
  readonly registersScopes: string
  readonly grantAccess: string
  readonly grantedScopes: string
  readonly register: string
  readonly removeLater: string
  readonly mayNotRegister: string
  readonly invalidFields: string
  /** Of the pages on which a user allows a device to access the account. */
  readonly deviceTitle: string
  readonly deviceHeading: string
  /** With `{account}`, the account that is signed in. */
  readonly deviceEnter: string
  /** With `{account}`. */
  readonly deviceCompare: string
  readonly deviceWarning: string
  readonly deviceCode: string
  readonly deviceContinue: string
  readonly deviceWaiting: string
  readonly deviceWait: string
  readonly deviceOtherCode: string
  /** With `{name}`, the name of the app. */
  readonly deviceConsent: string
  readonly deviceStranger: string
  readonly deviceAgent: string
  readonly deviceAddress: string
  readonly deviceNotKnown: string
  readonly deviceDone: string
  readonly deviceReturn: string
  readonly userCodeUnusable: string
  readonly deviceNotRegistered: string
  readonly deviceInvalid: string
  readonly deviceUnknown: string
  /** With `{expected}` and `{received}`, both in English. */
  readonly fieldExpected: string
}

const en: PageTexts = {
  consentTitle: (app) => `Allow ${app}?`,
  consentHeading: 'Allow {name} to access your account?',
  signedInAs: 'You are signed in as {account}. Approve only if you trust this app.',
  strangerTitle: 'Allow access?',
  strangerHeading: 'A program that registered itself asks for access to your account',
  strangerUnchecked: 'Nobody has checked it.',
  strangerElsewhere: 'The response goes to {host}.',
  strangerOnDevice:
    'The response goes to a program on this computer. Allow it only if you have just started it yourself.',
  strangerPublisher: 'Its description comes from {host}.',
  strangerName: 'It calls itself “{name}”.',
  strangerIsNew: 'You have not allowed it before.',
  strangerChanged: 'Where it may be reached has changed since you allowed it.',
  strangerRenamed: 'When you allowed it, it called itself “{name}”.',
  strangerNamesake: 'You already have an app of this name, from {host}.',
  strangerAccount: 'You are signed in as {account}.',
  owner: 'Owner',
  homepage: 'Homepage',
  redirectsTo: 'Redirects to',
  permissions: 'Requested permissions',
  noPermissions: 'This app is not requesting any specific permissions.',
  deny: 'Deny',
  approve: 'Approve',
  revokeLater: 'You can revoke this access at any time in your list of apps.',
  errorTitle: 'This request cannot be completed',
  forDeveloper: 'For the developer of the app: {message}',
  notRegistered: 'The app that sent you here is not registered, or it was removed.',
  suspended: 'The app that sent you here is suspended.',
  accountBlocked: 'This app cannot be used with your account at the moment.',
  notPermitted: 'Your account is not allowed to use this app.',
  tooManyApps: 'Your account has as many apps as it may have. Remove one in your list of apps, then start again.',
  consentEnded: 'This consent request is no longer valid. Go back to the app and start again.',
  decisionUnknown: 'Your decision may not have been saved. Go back to the app and start again.',
  tooMany: 'There were too many requests for your account. Try again in a few minutes.',
  unavailable: 'The service is temporarily unavailable. Try again in a few minutes.',
  invalidRequest: 'The app that sent you here made an invalid request. It was not given access.',
  registrationTitle: 'Register an app?',
  registrationHeading: 'A program asks to be registered as an app of your account',
  adminEmail: 'E-mail',
  adminPhone: 'Phone',
  description: 'Description',
  apiType: 'API type',
  registersScopes: 'The app may ask users for these permissions:',
  grantAccess: 'Also allow it to access my account now',
  grantedScopes: 'If you allow it now, its permissions',
  register: 'Register',
  removeLater: 'The app will belong to you, and act in your name. You can remove it at any time in your list of apps.',
  mayNotRegister: 'Your account is not allowed to register this app.',
  invalidFields: 'The app that sent you here cannot be registered, because what it says of itself is not valid.',
  deviceTitle: 'Connect a device',
  deviceHeading: 'Connect a device',
  deviceEnter: 'You are signed in as {account}. Enter the code that the device in front of you shows.',
  deviceCompare: 'You are signed in as {account}. Does the device in front of you show exactly this code?',
  deviceWarning:
    'If somebody sent you the code or told it to you, do not go on: they would get access to your account.',
  deviceCode: 'Code',
  deviceContinue: 'Continue',
  deviceWaiting: 'Waiting for the device',
  deviceWait:
    'The device answers within some seconds. Wait a moment, then continue. If it never answers, the code is not right.',
  deviceOtherCode: 'Enter another code',
  deviceConsent: 'Allow {name} on a device to access your account?',
  deviceStranger: 'A device with a program that registered itself asks for access to your account',
  deviceAgent: 'Device',
  deviceAddress: 'Address',
  deviceNotKnown: 'not known',
  deviceDone: 'Your decision was saved',
  deviceReturn: 'Go back to your device. You can close this page.',
  userCodeUnusable: 'This code cannot be used. Let your device show a new one, and enter it exactly as it is shown.',
  deviceNotRegistered: 'The app of the device is not registered, or it is suspended.',
  deviceInvalid: 'The app of the device made an invalid request. It was not given access.',
  deviceUnknown: 'Your decision may not have been saved. Look at your device, or start again there.',
  fieldExpected: 'expected {expected}, received {received}',
}

const de: PageTexts = {
  consentTitle: (app) => `${app} erlauben?`,
  consentHeading: '{name} den Zugriff auf Ihr Konto erlauben?',
  signedInAs: 'Sie sind als {account} angemeldet. Stimmen Sie nur zu, wenn Sie dieser App vertrauen.',
  strangerTitle: 'Zugriff erlauben?',
  strangerHeading: 'Ein Programm, das sich selbst registriert hat, bittet um Zugriff auf Ihr Konto',
  strangerUnchecked: 'Niemand hat es geprüft.',
  strangerElsewhere: 'Die Antwort geht an {host}.',
  strangerOnDevice:
    'Die Antwort geht an ein Programm auf diesem Computer. Stimmen Sie nur zu, wenn Sie es gerade selbst gestartet haben.',
  strangerPublisher: 'Seine Beschreibung stammt von {host}.',
  strangerName: 'Es nennt sich „{name}“.',
  strangerIsNew: 'Sie haben es bisher nicht zugelassen.',
  strangerChanged: 'Wo es erreichbar ist, hat sich geändert, seit Sie es zugelassen haben.',
  strangerRenamed: 'Als Sie es zugelassen haben, nannte es sich „{name}“.',
  strangerNamesake: 'Sie haben schon eine App mit diesem Namen, von {host}.',
  strangerAccount: 'Sie sind als {account} angemeldet.',
  owner: 'Besitzer',
  homepage: 'Homepage',
  redirectsTo: 'Leitet weiter an',
  permissions: 'Angeforderte Berechtigungen',
  noPermissions: 'Diese App fordert keine bestimmten Berechtigungen an.',
  deny: 'Ablehnen',
  approve: 'Zustimmen',
  revokeLater: 'Sie können diesen Zugriff jederzeit in Ihrer Liste der Apps widerrufen.',
  errorTitle: 'Diese Anfrage kann nicht abgeschlossen werden',
  forDeveloper: 'Für die Entwickler der App: {message}',
  notRegistered: 'Die App, die Sie hierher geschickt hat, ist nicht registriert oder wurde entfernt.',
  suspended: 'Die App, die Sie hierher geschickt hat, ist gesperrt.',
  accountBlocked: 'Diese App kann mit Ihrem Konto derzeit nicht verwendet werden.',
  notPermitted: 'Ihr Konto darf diese App nicht verwenden.',
  tooManyApps:
    'Ihr Konto hat so viele Apps, wie es haben darf. Entfernen Sie eine in Ihrer Liste der Apps, und beginnen Sie von vorn.',
  consentEnded: 'Diese Anfrage gilt nicht mehr. Gehen Sie zurück zur App, und beginnen Sie von vorn.',
  decisionUnknown:
    'Ihre Entscheidung wurde vielleicht nicht gespeichert. Gehen Sie zurück zur App, und beginnen Sie von vorn.',
  tooMany: 'Es gab zu viele Anfragen für Ihr Konto. Versuchen Sie es in einigen Minuten noch einmal.',
  unavailable: 'Der Dienst ist vorübergehend nicht verfügbar. Versuchen Sie es in einigen Minuten noch einmal.',
  invalidRequest:
    'Die App, die Sie hierher geschickt hat, hat eine ungültige Anfrage gestellt. Sie erhielt keinen Zugriff.',
  registrationTitle: 'App registrieren?',
  registrationHeading: 'Ein Programm möchte als App Ihres Kontos registriert werden',
  adminEmail: 'E-Mail',
  adminPhone: 'Telefon',
  description: 'Beschreibung',
  apiType: 'API-Typ',
  registersScopes: 'Die App darf Benutzer um diese Berechtigungen bitten:',
  grantAccess: 'Ihr auch gleich den Zugriff auf mein Konto erlauben',
  grantedScopes: 'Ihre Berechtigungen, wenn Sie ihn gleich erlauben',
  register: 'Registrieren',
  removeLater:
    'Die App wird Ihnen gehören und in Ihrem Namen handeln. Sie können sie jederzeit in Ihrer Liste der Apps entfernen.',
  mayNotRegister: 'Ihr Konto darf diese App nicht registrieren.',
  invalidFields:
    'Die App, die Sie hierher geschickt hat, kann nicht registriert werden, weil ihre Angaben nicht gültig sind.',
  deviceTitle: 'Gerät verbinden',
  deviceHeading: 'Gerät verbinden',
  deviceEnter: 'Sie sind als {account} angemeldet. Geben Sie den Code ein, den das Gerät vor Ihnen anzeigt.',
  deviceCompare: 'Sie sind als {account} angemeldet. Zeigt das Gerät vor Ihnen genau diesen Code an?',
  deviceWarning:
    'Wenn Ihnen jemand den Code geschickt oder genannt hat, machen Sie nicht weiter: Er bekäme Zugriff auf Ihr Konto.',
  deviceCode: 'Code',
  deviceContinue: 'Weiter',
  deviceWaiting: 'Auf das Gerät warten',
  deviceWait:
    'Das Gerät antwortet nach einigen Sekunden. Warten Sie einen Moment, und fahren Sie dann fort. Antwortet es nie, stimmt der Code nicht.',
  deviceOtherCode: 'Anderen Code eingeben',
  deviceConsent: '{name} auf einem Gerät den Zugriff auf Ihr Konto erlauben?',
  deviceStranger: 'Ein Gerät mit einem Programm, das sich selbst registriert hat, bittet um Zugriff auf Ihr Konto',
  deviceAgent: 'Gerät',
  deviceAddress: 'Adresse',
  deviceNotKnown: 'nicht bekannt',
  deviceDone: 'Ihre Entscheidung wurde gespeichert',
  deviceReturn: 'Gehen Sie zurück zu Ihrem Gerät. Sie können diese Seite schließen.',
  userCodeUnusable:
    'Dieser Code kann nicht verwendet werden. Lassen Sie sich vom Gerät einen neuen anzeigen, und geben Sie ihn genau so ein.',
  deviceNotRegistered: 'Die App des Geräts ist nicht registriert, oder sie ist gesperrt.',
  deviceInvalid: 'Die App des Geräts hat eine ungültige Anfrage gestellt. Sie erhielt keinen Zugriff.',
  deviceUnknown:
    'Ihre Entscheidung wurde vielleicht nicht gespeichert. Sehen Sie auf Ihr Gerät, oder beginnen Sie dort von vorn.',
  fieldExpected: 'erwartet: {expected}, erhalten: {received}',
}

export const PAGE_TEXTS: ShippedTexts<PageTexts> = { en, de }
