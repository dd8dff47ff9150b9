import { counting } from '../../../frame/counting.ts'
import type { enMessages } from '../en/messages.ts'
import type { Failure } from '../failure.ts'

const count = counting('de')

const FAILURES: Readonly<Record<Failure, readonly [title: string, explanation: string]>> = {
  accountBlocked: [
    'Ihr Konto ist gesperrt',
    'Seine Apps können nicht angezeigt oder geändert werden. Fragen Sie Ihren Anbieter.',
  ],
  crossSite: [
    'Das kam nicht von einer Seite dieser Konsole',
    'Nichts wurde geändert. Gehen Sie zu Ihren Apps, und versuchen Sie es von dort.',
  ],
  invalidRequest: [
    'Diese Anfrage ist ungültig',
    'Nichts wurde geändert. Gehen Sie zu Ihren Apps, und versuchen Sie es von dort.',
  ],
  methodNotAllowed: [
    'Diese Anfrage ist ungültig',
    'Nichts wurde geändert. Gehen Sie zu Ihren Apps, und versuchen Sie es von dort.',
  ],
  notFound: ['Hier gibt es nichts zu sehen', 'Die App gibt es nicht mehr, oder Sie dürfen sie nicht sehen.'],
  notPermitted: ['Das dürfen Sie nicht', 'Ihr Anbieter entscheidet, wer es darf. Nichts wurde geändert.'],
  outcomeUnknown: [
    'Es ist nicht sicher, dass dies erledigt wurde',
    'Die Verbindung zur Datenbank brach beim Speichern ab. Sie können es gefahrlos wiederholen.',
  ],
  serverError: [
    'Etwas ist schiefgegangen',
    'Der Fehler wurde gemeldet. Es ist nicht sicher, dass Ihre Änderung gespeichert ist.',
  ],
  tooLarge: ['Dieses Formular ist zu groß', 'Nichts wurde geändert. Kürzen Sie Ihre Eingaben.'],
  unavailable: [
    'Diese Seite ist derzeit nicht verfügbar',
    'Was erledigt ist, bleibt erledigt, und gesperrte Apps bleiben gesperrt. Versuchen Sie es in einigen Sekunden erneut.',
  ],
  wrongType: [
    'Diese Anfrage ist ungültig',
    'Nichts wurde geändert. Gehen Sie zu Ihren Apps, und versuchen Sie es von dort.',
  ],
}

export const deMessages = {
  failures: FAILURES,
  goToApps: 'Zu Ihren Apps',
  tryAgain: 'Erneut versuchen',

  isSuspended: '{name} ist gesperrt. Sie erhält keine Token und kann keine Anfragen stellen, bis Sie sie fortsetzen.',
  isProgramSuspended:
    '{name} ist gesperrt. Ein solches Programm vergisst dabei meist seine Zustimmung: Wenn Sie es fortsetzen, fragt es Sie erneut.',
  isResumed: '{name} ist wieder aktiv. Token, die nicht abgelaufen sind, gelten wieder.',
  isSaved: 'Ihre Änderungen sind gespeichert.',
  nothingChanged: 'Es gab nichts zu speichern.',
  appsSuspended: (apps) => count(apps, { one: '1 App ist gesperrt.', other: '# Apps sind gesperrt.' }),
  appsRemoved: (apps) => count(apps, { one: '1 App wurde entfernt.', other: '# Apps wurden entfernt.' }),
  tokensRemoved: (tokens) =>
    count(tokens, { one: '1 Zugriffstoken wurde entfernt.', other: '# Zugriffstoken wurden entfernt.' }),
  allTokensRemoved: 'Alle Zugriffstoken wurden entfernt.',
  tokensEnded: 'Alle Token von {name} sind widerrufen.',
  isTrusted: '{name} ist vertrauenswürdig.',
  isUntrusted: '{name} ist nicht mehr vertrauenswürdig. Token, die sie selbst erhalten hat, sind widerrufen.',
  keysReplaced: '{name} hat neue Schlüssel. Alle ihre Token sind widerrufen.',
  secretRemoved: 'Das Geheimnis wurde entfernt. Das andere gilt weiter.',
  isPublished: '{name} ist veröffentlicht.',
  isUnpublished: '{name} ist nicht mehr veröffentlicht.',
  resourceServerSaved: 'Die Einstellung zum Ressourcenserver ist gespeichert.',
  appRegistered: '{name} ist registriert.',
  withdrawn: (apps) =>
    count(apps, { one: 'Der Zugriff von 1 App wurde entfernt.', other: 'Der Zugriff von # Apps wurde entfernt.' }),
  instancesRemoved: (accounts) =>
    count(accounts, { one: '1 Konto wurde entfernt.', other: '# Konten wurden entfernt.' }),
  nothingLeft: 'Es gab nichts mehr zu entfernen.',
  removed: 'Entfernt',

  selectApp: 'Wählen Sie mindestens eine App aus.',
  selectAnyToken: 'Wählen Sie mindestens ein Token aus.',
  selectAccount: 'Wählen Sie mindestens ein Konto aus.',
  listChanged: 'Die Liste hat sich geändert. Dies ist ihre erste Seite.',
  someFailed: (failed) => count(failed, { one: '1 wurde nicht erledigt', other: '# wurden nicht erledigt' }),
  appLimit: (limit) =>
    count(limit, {
      one: 'Sie haben 1 von 1 App. Entfernen Sie sie, bevor Sie eine weitere hinzufügen.',
      other: 'Sie haben # von # Apps. Entfernen Sie eine, bevor Sie eine weitere hinzufügen.',
    }),
  idlest: 'Bei diesen liegt die letzte Nutzung oder die Registrierung am längsten zurück:',
  idleApps: 'Alle Apps, die seit 90 Tagen nicht genutzt wurden',
  notPermittedHere: 'Das dürfen Sie nicht. Ihr Anbieter entscheidet, wer es darf.',
  suspendedAbove:
    'Sie wurde von einem Konto darüber oder von der Plattform gesperrt. Nur dort kann sie fortgesetzt werden.',
  secretLimit: 'Sie hat bereits zwei Geheimnisse. Entfernen Sie zuerst eines.',
  secretGone:
    'Das Geheimnis wurde gerade eben neu erzeugt. Sehen Sie auf der Seite der App nach, bevor Sie es wiederholen.',
  conflict: 'Jemand hat im selben Moment etwas geändert. Versuchen Sie es noch einmal.',
  notSaved: 'Das ist derzeit nicht verfügbar. Nichts wurde geändert. Versuchen Sie es in einigen Sekunden noch einmal.',
  tooMany:
    'Das waren zu viele Änderungen in kurzer Zeit. Nichts wurde geändert. Versuchen Sie es in einer Minute noch einmal.',
  notCertain:
    'Es ist nicht sicher, dass dies erledigt wurde. Versuchen Sie es noch einmal: Es schadet nicht, wenn es zweimal geschieht.',
  notCertainRegistered:
    'Es ist nicht sicher, dass die App registriert wurde. Drücken Sie noch einmal OK: Sie wird nicht zweimal registriert.',
  alreadyRegistered:
    '{name} wurde gerade eben registriert. Das Geheimnis wurde dabei angezeigt; haben Sie es nicht gesehen, erzeugen Sie es neu.',
  notDone: 'Das konnte nicht abgeschlossen werden',
  sendAgain: 'Erneut senden',
  notValid: 'Das ist ungültig. Nichts wurde geändert.',
  gone: 'Gibt es nicht mehr.',

  signedOut: 'Sie wurden abgemeldet. Nichts wurde geändert.',
  signInAgain: 'Melden Sie sich in einem neuen Fenster an',
  thenPressAgain: '{link}, und drücken Sie hier dann noch einmal die Schaltfläche. Ihre Eingaben bleiben erhalten.',
  otherViewer: 'Jetzt ist ein anderes Konto angemeldet',
  otherViewerExplained: (name) =>
    `Sie sind jetzt als ${name} angemeldet. Die Seite wurde für jemand anderen erstellt. Nichts wurde geändert.`,
  confirmIdentity: 'Bestätigen Sie, dass Sie es sind',
  confirmIdentityLink: 'Identität bestätigen',
  confirmThenPressAgain:
    '{link} (in einem neuen Fenster), und drücken Sie hier dann noch einmal die Schaltfläche. Ihre Eingaben bleiben erhalten.',
} satisfies typeof enMessages
