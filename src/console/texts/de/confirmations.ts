import { counting } from '../../../frame/counting.ts'
import type { enConfirmations } from '../en/confirmations.ts'

const count = counting('de')

export const deConfirmations = {
  understandLoss: (accounts) =>
    accounts === undefined
      ? 'Mir ist bewusst, dass Konten sofort den Zugriff verlieren'
      : count(accounts, {
          one: 'Mir ist bewusst, dass 1 Konto sofort den Zugriff verliert',
          other: 'Mir ist bewusst, dass # Konten sofort den Zugriff verlieren',
        }),
  tickMissing: 'Setzen Sie das Häkchen, um fortzufahren',
  onlyStop: 'Wollen Sie sie nur eine Zeit lang anhalten?',
  suspendInstead: 'Sperren Sie sie stattdessen: Nichts funktioniert, bis Sie sie fortsetzen, und nichts geht verloren.',
  suspendProgramInstead:
    'Sperren Sie sie stattdessen: Nichts funktioniert, bis Sie sie fortsetzen. Ein Programm, das sich selbst registriert hat, vergisst dabei meist seine Zustimmung und fragt Sie danach erneut.',
  removeIsNoBan:
    'Entfernen ist kein Ausschluss: Ein Programm, das sich selbst registriert hat, kann erneut fragen und erhält dann einen neuen Schlüssel. Sperren Sie es, um es fernzuhalten.',
  approvalsStay:
    'Die App bleibt registriert und in der Liste der Konten. Diese werden wieder gefragt, wenn die App Zugriff braucht.',
  secretAndApprovalsStay:
    'Das Geheimnis bleibt gültig, und die Liste der Konten bleibt, wie sie ist. Die App kann erneut um Zugriff bitten.',
  nothingRevoked: 'Kein Token wird widerrufen.',
  allTokensRevoked: (accounts) =>
    accounts === undefined
      ? 'Alle Token aller Konten werden widerrufen. Wie viele Konten die App nutzen, ist derzeit nicht bekannt.'
      : count(accounts, {
          zero: 'Alle Token werden widerrufen. Derzeit nutzt kein Konto die App.',
          one: 'Alle Token von 1 Konto werden widerrufen, und die App muss erneut fragen.',
          other: 'Alle Token aller # Konten werden widerrufen, und die App muss erneut fragen.',
        }),

  removeOneTitle: (name) => `${name} entfernen?`,
  removeAppsTitle: (apps) => count(apps, { one: '1 App entfernen?', other: '# Apps entfernen?' }),
  removeAppsLead:
    'Das kann nicht rückgängig gemacht werden. Eine entfernte App erhält keine neuen Zugriffstoken und kann keine Anfragen mehr stellen; alle ihre Token werden sofort widerrufen.',
  removeAppsButton: (apps) => count(apps, { one: '1 App entfernen', other: '# Apps entfernen' }),
  selectedApps: 'Zu entfernende Apps',
  accountsLosing: 'Konten, die sie verlieren',
  tokensLost: 'Ihre widerrufenen Token',

  regenerateTitle: (name) => `Das Geheimnis von ${name} neu erzeugen?`,
  regenerateLead: 'Die App erhält ein neues Geheimnis, das einmal angezeigt wird.',
  oldSecretStops: 'Das alte Geheimnis oder die Schlüssel sind sofort ungültig.',
  onlyNewSecret: 'Wollen Sie nur das Geheimnis wechseln?',
  addSecretInstead: 'Fügen Sie stattdessen ein zweites Geheimnis hinzu: Nichts wird widerrufen.',
  regenerateButton: 'Neu erzeugen',
  addSecretTitle: (name) => `${name} ein zweites Geheimnis geben?`,
  addSecretLead:
    'Für einen geplanten Wechsel: Richten Sie das neue Geheimnis in der App ein, und entfernen Sie dann das alte. Es wird einmal angezeigt.',
  bothSecretsWork: 'Beide Geheimnisse gelten, bis Sie eines entfernen.',
  addSecretButton: 'Geheimnis hinzufügen',
  removeSecretTitle: (name) => `Ein Geheimnis von ${name} entfernen?`,
  secretMade: 'Das Geheimnis, erstellt am',
  secretStops: 'Es ist sofort ungültig. Das andere Geheimnis gilt weiter.',
  removeSecretButton: 'Geheimnis entfernen',
  keysTitle: (name) => `Schlüssel für ${name} verwenden?`,
  keysLead:
    'Von nun an authentifiziert sich die App mit Assertions, die einer dieser Schlüssel signiert, und mit nichts anderem.',
  credentialsReplaced: 'Alle jetzigen Geheimnisse und Schlüssel sind sofort ungültig.',
  keysButton: 'Diese Schlüssel verwenden',

  endTokensTitle: (name) => `Alle Token von ${name} widerrufen?`,
  endTokensLead: 'Zugriffstoken, Refresh-Token und Codes sind sofort ungültig.',
  endTokensButton: 'Alle Token widerrufen',
  trustTitle: (name) => `${name} vertrauen?`,
  trustLead: 'Tun Sie dies nur, wenn Sie der App vertrauen.',
  trustEffect: (owner) =>
    `Allein mit Schlüssel und Geheimnis erhält sie Zugriffstoken für ${owner}. Niemand wird gefragt.`,
  trustButton: 'Der App vertrauen',
  untrustTitle: (name) => `${name} das Vertrauen entziehen?`,
  untrustLead: 'Die App erhält dann nur noch Zugriff von Personen, die zustimmen.',
  ownTokensRevoked: 'Zugriffstoken, die sie selbst erhalten hat, werden sofort widerrufen.',
  approvedTokensStay: 'Token mit Zustimmung bleiben.',
  untrustButton: 'Vertrauen entziehen',

  withdrawTitle: (apps) =>
    count(apps, { one: 'Den Zugriff von 1 App entfernen?', other: 'Den Zugriff von # Apps entfernen?' }),
  withdrawLead: (account) => `Damit wird zurückgenommen, was ${account} erlaubt hat.`,
  withdrawEffect: (account) =>
    `Token, mit denen diese Apps für ${account} handeln, werden sofort widerrufen. Für neuen Zugriff muss eine App erneut fragen.`,
  withdrawKept: 'Andere Konten sind nicht betroffen, und die App selbst bleibt registriert.',
  withdrawButton: (apps) => count(apps, { one: '1 App entfernen', other: '# Apps entfernen' }),
  removeInstancesTitle: (accounts) => count(accounts, { one: '1 Konto entfernen?', other: '# Konten entfernen?' }),
  removeInstancesLead: (app) => `${app} verliert den Zugriff auf diese Konten.`,
  removeInstancesEffect:
    'Die Token der App für diese Konten werden sofort widerrufen. Für neuen Zugriff muss sie erneut fragen.',
  removeInstancesButton: (accounts) => count(accounts, { one: '1 Konto entfernen', other: '# Konten entfernen' }),

  publishTitle: (name) => `${name} veröffentlichen?`,
  publishLead: 'Veröffentlichte Apps stehen allen Mandanten zur Verfügung.',
  publishEffect: 'Konten jedes Mandanten können ihr zustimmen.',
  publishButton: 'Veröffentlichen',
  unpublishTitle: (name) => `${name} zurückziehen?`,
  unpublishLead: 'Die App steht dann nur noch dem Mandanten ihres Eigentümers zur Verfügung.',
  unpublishEffect: 'Token von Konten anderer Mandanten sind unbrauchbar, bis sie wieder veröffentlicht wird.',
  unpublishButton: 'Zurückziehen',
  resourceServerTitle: (name) => `${name} zum Ressourcenserver machen?`,
  resourceServerLead: 'Ein Ressourcenserver kann fragen, was die für ihn bestimmten Token erlauben.',
  resourceIdentifier: 'Kennung der Ressource',
  resourceServerHint: 'Eine der Ressourcen dieser Plattform. Leer lassen, um dies zu beenden.',
  resourceServerEffect: 'Er kann die Zugriffstoken aller Apps für diese Ressource prüfen.',
  resourceServerButton: 'Speichern',
} satisfies typeof enConfirmations
