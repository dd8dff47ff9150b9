import type { Content, Context } from '../../src/console/context.ts'
import { NEW_APP } from '../../src/console/forms/app-values.ts'
import { accountsPage } from '../../src/console/pages/accounts.ts'
import { allAppsPage } from '../../src/console/pages/all.ts'
import { appPage } from '../../src/console/pages/app.ts'
import {
  addingSecret,
  endingTokens,
  makingResourceServer,
  publishing,
  regenerating,
  removingSecret,
  replacingKeys,
  trusting,
  untrusting,
} from '../../src/console/pages/app-confirmations.ts'
import { NO_FILTERS } from '../../src/console/pages/app-filters.ts'
import type { AppView } from '../../src/console/pages/app-view.ts'
import { type AppRow, type AppsView, appsPage } from '../../src/console/pages/apps.ts'
import { type Confirmation, confirmPage } from '../../src/console/pages/confirm.ts'
import { failurePage, otherViewerPage } from '../../src/console/pages/failure.ts'
import { idlestApps } from '../../src/console/pages/idlest-apps.ts'
import { instancesPage } from '../../src/console/pages/instances.ts'
import { keptForm, type Obstacle } from '../../src/console/pages/kept-form.ts'
import { removingApps, removingInstances, withdrawing } from '../../src/console/pages/list-confirmations.ts'
import { managedPage } from '../../src/console/pages/managed.ts'
import { type NewAppView, newAppPage } from '../../src/console/pages/new-app.ts'
import { resultsPage } from '../../src/console/pages/results.ts'
import { secretPage } from '../../src/console/pages/secret.ts'
import { type TokensView, tokensDialog, tokensPage } from '../../src/console/pages/tokens.ts'
import { note } from '../../src/console/parts/note.ts'
import { html } from '../../src/frame/html.ts'

const LONG =
  'Nightly statistics of every queue and agent, sent as a spreadsheet and kept for twelve months so that seasons can be compared with each other.'

function row(key: string, name: string, homepage: string, more: Partial<AppRow> = {}): AppRow {
  return {
    key: key.padEnd(32, 'x'),
    name,
    homepage,
    homepageAscii: new URL(homepage).href,
    status: { state: 'active' },
    tags: [],
    instances: 0,
    liveTokens: 0,
    createdAt: new Date('2026-11-12T09:00:00Z'),
    ...more,
  }
}

const ITSELF: NonNullable<AppView['origin']> = {
  by: 'itself',
  host: 'agent.example',
  hosts: ['agent.example', 'localhost', 'a-very-long-name-of-a-host.of-a-program.example'],
  publisher: 'agent.example',
  identity: 'i1',
}

/** Rows in every state there is. */
export function appRows({ texts }: Context): readonly AppRow[] {
  const at = new Date('2026-11-20T10:00:00Z')
  return [
    row('k7QUEQY4', 'Call Reports', 'https://reports.example/', {
      description: LONG,
      tags: [texts.trusted],
      instances: 214,
      liveTokens: 3,
      lastUsedOn: '2026-11-25',
    }),
    row('k2Lw8sPq', 'CRM Bridge', 'https://crm-bridge.example/', {
      description: 'Opens the customer’s card when the phone rings.',
      instances: 38,
      liveTokens: 1,
    }),
    row('k5SoftPh', 'Softphone for Windows', 'https://softphone.example/', {
      description: 'The desktop phone of our field staff.',
      tags: [texts.publicApp],
      instances: 1206,
      status: { state: 'suspended', at, by: 'Org Seven', mayResume: true },
    }),
    row('k1Uebers', 'Übersicht München', 'https://übersicht.example/', { instances: 1, liveTokens: 1 }),
    row('k9FaxArc', 'Fax Archive', 'https://fax.example/', {
      description: 'Stores incoming faxes in the archive of the legal department.',
      tags: [texts.ownKeys],
      instances: 12,
      status: { state: 'suspended', at, by: 'Provider One', mayResume: false },
    }),
    row('k3Script', '<script>alert(1)</script>', 'https://test.example/', {
      description: 'A name full of markup is shown as what it is.',
      instances: undefined,
      liveTokens: undefined,
    }),
    row('k4Arabic', 'مكالمات سريعة', 'https://calls.example/', { description: 'اتصالات', instances: 2 }),
  ]
}

/** The row of an app that has registered itself. */
function itselfRow({ texts }: Context) {
  const tags = [texts.registeredItself, texts.publicApp]
  const more = { homepage: 'agent.example', homepageAscii: '', tags, instances: 1 }
  return { ...row('k6Agents', 'Agent', 'https://agent.example/', more), origin: ITSELF }
}

function apps(context: Context, changes: Partial<AppsView> = {}): Content {
  return appsPage(
    {
      owner: 'Org Seven',
      rows: appRows(context),
      filters: NO_FILTERS,
      list: { isFirst: true, next: 'next-cursor' },
      mayRegister: true,
      ...changes,
    },
    context,
  )
}

const app: AppView = {
  key: 'k7QUEQY4YKxRAkqWxmX2UfXHS5y1mKQE',
  name: 'Call Reports',
  owner: 'Org Seven',
  homepage: 'https://reports.example/',
  homepageAscii: 'https://reports.example/',
  createdAt: new Date('2026-11-12T09:00:00Z'),
  status: { state: 'active' },
  trusted: true,
  published: false,
  authentication: 'secret',
  secrets: [{ id: 's1', createdAt: new Date('2026-11-12T09:00:00Z') }],
  keyIds: [],
  scopes: ['calls:read'],
  instances: 214,
  liveTokens: 3,
  mayChange: true,
  mayTrust: true,
  isOfFormerOwner: false,
}

const ITSELF_APP: Partial<AppView> = {
  name: 'Agent',
  homepage: 'agent.example',
  homepageAscii: '',
  origin: ITSELF,
  lastUsedOn: '2026-08-02',
  authentication: 'none',
  secrets: [],
  trusted: false,
}

const values = {
  ...NEW_APP,
  name: 'Call Reports',
  description: LONG,
  homepage: 'https://reports.example/',
  adminEmail: 'ops@reports.example',
  adminPhone: '+4930123456',
  redirectUrls: ['https://reports.example/callback'],
  scopes: ['calls:read'],
}

function oneApp(context: Context, changes: Partial<AppView> = {}, message = false): Content {
  const form = { values, errors: [], conflicts: [], refusedApis: [] }
  const said = note({ tone: 'done', isAnnounced: true, body: html`<p>${context.texts.isSaved}</p>` })
  return appPage({ app: { ...app, ...changes }, form, message: message ? said : undefined }, context)
}

const newApp: NewAppView = {
  values: NEW_APP,
  errors: [],
  conflicts: [],
  refusedApis: [],
  owner: 'Org Seven',
  mayTrust: true,
  once: 'o1',
}

const wrongApp: NewAppView = {
  ...newApp,
  status: 422,
  values: {
    ...values,
    homepage: 'reports.example',
    adminEmail: 'ops at reports.example',
    redirectUrls: ['http://reports.example/callback', 'HTTPS://Reports.example'],
  },
  errors: [
    { field: 'homepage', code: 'not_a_url', expected: 'an absolute http or https URL', received: 'reports.example' },
    { field: 'adminEmail', code: 'not_an_email', expected: 'local@domain', received: 'ops at reports.example' },
    {
      field: 'redirectUrls[0]',
      code: 'scheme_not_allowed',
      expected: 'an absolute https URL',
      received: 'http://reports.example/callback',
    },
    {
      field: 'redirectUrls[1]',
      code: 'not_canonical',
      expected: 'https://reports.example/',
      received: 'HTTPS://Reports.example',
    },
  ],
}

const UNIX = 'Call-Reports/2.4 (node 22.11; linux)'
const WINDOWS =
  'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/156.0 Safari/537.36'

function tokens(context: Context, changes: Partial<TokensView> = {}): TokensView {
  const at = (time: string) => new Date(`2026-11-25T${time}:00Z`)
  return {
    app,
    account: 'Org Seven',
    rows: [
      { id: 't1', kind: 'user', issuedAt: at('19:43'), expiresAt: at('20:43'), userAgent: WINDOWS },
      { id: 't2', kind: 'app', issuedAt: at('20:10'), expiresAt: at('21:10'), userAgent: UNIX },
      { id: 't3', kind: 'app', issuedAt: at('20:31'), expiresAt: at('21:31') },
    ],
    total: 3,
    list: { isFirst: true },
    back: { to: context.to('apps'), text: context.texts.apps },
    ...changes,
  }
}

function confirm(of: Confirmation, context: Context, isTickMissing = false): Content {
  return confirmPage(of, { isTickMissing }, context)
}

function kept(obstacle: Obstacle, context: Context): Content {
  const form = new URLSearchParams({ name: 'Call Reports', as: context.formProof })
  const where = { action: context.to('newApp'), proof: context.to('apps') }
  return keptForm(obstacle, form, where, context)
}

/** Every page, in every state that looks different. */
export const SAMPLES: Readonly<Record<string, (context: Context) => Content>> = {
  apps: (context) => apps(context),
  'apps-said': (context) =>
    apps(context, {
      rows: [...appRows(context), itselfRow(context)],
      message: note({ tone: 'done', isAnnounced: true, body: html`<p>${context.texts.appsRemoved(2)}</p>` }),
      list: { isFirst: false },
    }),
  'apps-empty': (context) => apps(context, { rows: [], list: { isFirst: true } }),
  'apps-none-found': (context) =>
    apps(context, { rows: [], list: { isFirst: true }, filters: { ...NO_FILTERS, name: 'STRASSE', status: 'active' } }),
  'apps-idle': (context) => apps(context, { filters: { ...NO_FILTERS, idle: '90' }, list: { isFirst: true } }),
  'apps-cut': (context) =>
    apps(context, { rows: [], filters: { ...NO_FILTERS, name: 'x' }, list: { isFirst: true, next: 'n', isCut: true } }),
  'apps-not-permitted': (context) => apps(context, { mayRegister: false }),
  'tokens-dialog': (context) => apps(context, { over: tokensDialog(tokens(context), context) }),
  tokens: (context) => tokensPage(tokens(context), context),
  'tokens-none': (context) => tokensPage(tokens(context, { rows: [], total: 0 }), context),
  'new-app': (context) => newAppPage(newApp, context),
  'new-app-wrong': (context) => newAppPage(wrongApp, context),
  'new-app-limit': (context) => {
    const { texts } = context
    const body = html`<p>${texts.appLimit(1000)}</p>${idlestApps(appRows(context), context)}`
    return newAppPage({ ...newApp, status: 409, message: note({ tone: 'error', isAnnounced: true, body }) }, context)
  },
  'new-app-own-keys': (context) =>
    newAppPage(
      {
        ...newApp,
        mayTrust: false,
        refusedApis: ['unified'],
        values: { ...NEW_APP, authentication: 'jwks', jwks: '{"keys": []}' },
        errors: [{ field: 'jwks[0]', code: 'private_key', expected: 'a public key', received: 'a private key' }],
      },
      context,
    ),
  secret: (context) =>
    secretPage(
      {
        app,
        secret: 'z3JhR3Kz53bL4zgAvM2qc739Qz63acwQ',
        made: 'registered',
        trusted: true,
        tokenEndpoint: 'https://login.teleworks.example/token',
      },
      context,
    ),
  app: (context) => oneApp(context, {}, true),
  'app-suspended-above': (context) =>
    oneApp(context, {
      status: { state: 'suspended', at: app.createdAt, by: 'Provider One', mayResume: false },
      mayChange: false,
      instances: undefined,
      secrets: [...app.secrets, { id: 's2', createdAt: new Date('2026-11-20T09:00:00Z') }],
    }),
  'app-own-keys': (context) =>
    oneApp(context, { authentication: 'jwks', secrets: [], keyIds: ['2026-11'], trusted: false }),
  'app-public': (context) => oneApp(context, { authentication: 'none', secrets: [], trusted: false }),
  'app-itself': (context) =>
    oneApp(context, {
      ...ITSELF_APP,
      status: { state: 'suspended', at: app.createdAt, by: 'Org Seven', mayResume: true },
    }),
  'app-operator': (context) =>
    oneApp(context, { resourceServer: 'https://api.teleworks.example/', isOfFormerOwner: true }),
  'app-conflict': (context) =>
    appPage(
      {
        app,
        status: 409,
        form: {
          values,
          errors: [],
          conflicts: [{ field: 'name', stored: ['Call Statistics'], typed: ['Call Reports'] }],
          refusedApis: [],
        },
      },
      context,
    ),
  managed: (context) =>
    managedPage(
      {
        account: 'Org Seven',
        mayUse: true,
        search: '',
        list: { isFirst: true },
        rows: [
          {
            key: app.key,
            name: 'Call Reports',
            owner: 'Reports Ltd',
            installedAt: new Date('2026-11-18T08:12:00Z'),
            approvedBy: 'maria@seven.example',
            scope: ['calls:read', 'calls:write'],
            liveTokens: 3,
          },
          {
            key: 'k3DialDesk'.padEnd(32, 'x'),
            name: 'Dial Desk',
            owner: 'Desk Software GmbH',
            installedAt: new Date('2026-10-02T14:40:00Z'),
            approvedBy: 'Provider One',
            scope: [],
            liveTokens: 0,
          },
        ],
      },
      context,
    ),
  'managed-empty': (context) =>
    managedPage({ account: 'Org Seven', mayUse: false, search: '', list: { isFirst: true }, rows: [] }, context),
  instances: (context) =>
    instancesPage(
      {
        app,
        total: 214,
        list: { isFirst: true },
        rows: ['Maria', 'Support desk', 'Sales'].map((name, at) => ({
          account: `user-${at}`,
          name,
          installedAt: new Date('2026-11-18T08:12:00Z'),
          approvedBy: 'Provider One',
          scope: ['calls:read'],
        })),
      },
      context,
    ),
  accounts: (context) =>
    accountsPage(
      {
        search: '',
        accounts: [
          { id: 'org-7', name: 'Org Seven' },
          { id: 'org-8', name: 'Org Eight' },
        ],
      },
      context,
    ),
  all: (context) =>
    allAppsPage(
      {
        search: '',
        list: { isFirst: true, next: 'n' },
        rows: appRows(context).map((each) => ({
          ...each,
          owner: { account: 'org-7', name: 'Org Seven' },
          published: each.instances === 214,
        })),
      },
      context,
    ),
  'remove-apps': (context) => confirm(removingApps(appRows(context).slice(0, 2), 'apps', context), context, true),
  'remove-one': (context) => confirm(removingApps(appRows(context).slice(5, 6), 'app', context), context),
  'remove-itself': (context) => confirm(removingApps([itselfRow(context)], 'app', context), context),
  regenerate: (context) => confirm(regenerating(app, 's1', true, context), context),
  'add-secret': (context) => confirm(addingSecret(app, context), context),
  'remove-secret': (context) => confirm(removingSecret(app, { id: 's1', made: '12 Nov 2026' }, context), context),
  keys: (context) => confirm(replacingKeys(app, { value: '' }, context), context),
  'end-tokens': (context) => confirm(endingTokens({ ...app, instances: undefined }, context), context),
  trust: (context) => confirm(trusting(app, context), context),
  untrust: (context) => confirm(untrusting(app, context), context),
  publish: (context) => confirm(publishing(app, true, context), context),
  unpublish: (context) => confirm(publishing(app, false, context), context),
  'resource-server': (context) => confirm(makingResourceServer(app, { value: '' }, context), context),
  withdraw: (context) => confirm(withdrawing(appRows(context).slice(0, 2), 'Org Seven', context), context),
  'remove-instances': (context) =>
    confirm(removingInstances(app, [{ account: 'user-1', name: 'Maria' }], context), context),
  results: (context) =>
    resultsPage(
      {
        tab: 'apps',
        title: context.texts.removeAppsTitle(2),
        results: [{ name: 'Call Reports' }, { name: 'CRM Bridge', problem: context.texts.gone }],
        done: context.texts.removed,
        back: context.to('apps'),
      },
      context,
    ),
  down: (context) => failurePage('unavailable', context),
  'not-found': (context) => failurePage('notFound', context),
  'cross-site': (context) => failurePage('crossSite', context),
  uncertain: (context) => failurePage('outcomeUnknown', context),
  'other-viewer': (context) => otherViewerPage('anna@seven.example', context),
  'kept-signed-out': (context) => kept('signedOut', context),
  'kept-unconfirmed': (context) => kept('unconfirmed', context),
  'kept-not-saved': (context) => kept('notSaved', context),
}

const OPERATOR = { account: 'platform', login: 'root@teleworks.example', operator: true, timeZone: 'UTC' }

/** What some of them differ by besides. */
export const SAMPLE_CONTEXTS: Readonly<Record<string, Partial<Context>>> = {
  'apps-said': { actsFor: { account: 'org-8', name: 'Org Eight' }, hasAccounts: true },
  'new-app-own-keys': { apis: { system: 'SystemAPI', unified: 'UnifiedAPI' }, scopes: {} },
  'app-operator': { viewer: OPERATOR, actsFor: { account: 'org-8', name: 'Org Eight' } },
  all: { viewer: OPERATOR },
}
