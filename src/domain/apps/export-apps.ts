import type { Actor } from '../../base/events.ts'
import { knownMembers } from '../../base/known-members.ts'
import { PARTITIONS } from '../../credentials/app-key.ts'
import { appKind, appsOfPartition, isPublic, jwksOf, type LiveApp, secretsOf } from '../../records/app.ts'
import type { GroupRef, StoreRecord } from '../../records/collection.ts'
import { installKind, installRef, installsOfApp, type LiveInstall } from '../../records/install.ts'
import { NEVER } from '../../records/never.ts'
import { type OpenSession, sessionKind, sessionsOfApp } from '../../records/session.ts'
import { flagInput, objectInput } from '../input/input.ts'
import { appView, dayOfUse } from './app.ts'
import { onlyHost } from './app-errors.ts'
import type { AppRegistry, RegistryParts } from './app-registry.ts'
import type { ExportOptions, ImportedApp, LegacySecret } from './imported-app.ts'
import type { ImportedInstall, LegacyRefreshToken } from './imported-install.ts'

const OPTIONS = knownMembers<ExportOptions>({ digests: true }, { secrets: 'digests' })
const PAGE = 200
/** Apps whose first entries are read together. */
const AT_ONCE = 25

/** Exports apps, then their installs, each with those of its sessions (APP-10). Some records at a time are in memory. */
export function createExportApps(
  { collection, pages, clock }: Pick<RegistryParts, 'collection' | 'pages' | 'clock'>,
  actor: Actor,
): AppRegistry['export'] {
  return async (options = {}) => {
    const { digests = false } = objectInput(options, 'options', OPTIONS)
    const hasDigests = flagInput(digests, 'digests')
    if (actor.account !== undefined) throw onlyHost('can export apps')
    return entries(hasDigests)
  }

  async function* entries(hasDigests: boolean): AsyncGenerator<ImportedApp | ImportedInstall, void, undefined> {
    // All apps first, though they are read twice: an import stores at once what stands together and is of one type.
    for await (const apps of liveApps()) for (const app of apps) yield appEntry(app, hasDigests)
    for await (const apps of liveApps())
      for (let at = 0; at < apps.length; at += AT_ONCE) {
        const held = apps
          .slice(at, at + AT_ONCE)
          .flatMap((app) => [installsOf(app), ...(hasDigests ? [sessionsOf(app)] : [])])
        for (const entries of held.map(begun)) yield* entries
      }
  }

  async function* installsOf(app: LiveApp): AsyncGenerator<ImportedInstall, void, undefined> {
    for await (const records of walk(installsOfApp(app.key), clock()))
      for (const record of records) {
        const install = installKind.unpack(record)
        if (install.state === 'live') yield installEntry(app, install)
      }
  }

  async function* sessionsOf(app: LiveApp): AsyncGenerator<ImportedInstall, void, undefined> {
    const now = clock()
    for await (const records of walk(sessionsOfApp(app.key), now)) yield* sessionsIn(app, records, now)
  }

  async function* liveApps(): AsyncGenerator<readonly LiveApp[], void, undefined> {
    for (const partition of PARTITIONS)
      for await (const records of walk(appsOfPartition(partition), 0))
        yield records.map((record) => appKind.unpack(record)).filter((app): app is LiveApp => app.state === 'live')
  }

  /** All records of a group, while `walk` of the pages ends after some. */
  async function* walk(group: GroupRef, after: number): AsyncGenerator<readonly StoreRecord[], void, undefined> {
    let cursor: string | undefined
    do {
      const from = { position: after, id: '' }
      const show = async (records: readonly StoreRecord[]) => records
      const page = await pages.page({ identity: ['export'], rows: [[group]], from, show }, { cursor, limit: PAGE })
      yield page.items
      cursor = page.nextCursor
    } while (cursor !== undefined)
  }

  /** Those whose refresh token would work now, as far as the store knows. */
  async function* sessionsIn(
    app: LiveApp,
    records: readonly StoreRecord[],
    now: number,
  ): AsyncGenerator<ImportedInstall, void, undefined> {
    const sessions = records
      .map((record) => sessionKind.unpack(record))
      .filter(
        (session): session is OpenSession =>
          session.state === 'open' && session.stamp === app.stamp && session.credentialEndsAt > now,
      )
    if (sessions.length === 0) return
    const refs = sessions.map(({ install }) => installRef({ app: app.key, install: install.id }))
    const found = await collection.get(refs)
    for (const [at, session] of sessions.entries()) {
      const install = found[at] && installKind.unpack(found[at])
      if (install?.state === 'live' && install.stamp === session.install.stamp)
        yield sessionEntry(app, install, session)
    }
  }
}

/** The same iteration, of which the first entry is read now. */
function begun<T>(entries: AsyncGenerator<T, void, undefined>): AsyncIterable<T> {
  const first = entries.next()
  // The one that iterates sees the failure, unless another ends the iteration before.
  first.catch(() => undefined)
  return (async function* () {
    for (let read = await first; !read.done; read = await entries.next()) yield read.value
  })()
}

function appEntry(app: LiveApp, hasDigests: boolean): ImportedApp {
  const { homepageAscii: _, adminEmailAscii: __, importedKey, secrets: ___, jwks: ____, ...view } = appView(app)
  const { createdAt, suspended, ...fields } = view
  const hasSecrets = !isPublic(app) && jwksOf(app).length === 0
  return {
    type: 'app',
    ...fields,
    key: importedKey ?? app.key,
    createdAt: createdAt.toISOString(),
    epoch: app.epoch ?? null,
    ...(suspended && { suspended: { at: suspended.at.toISOString(), by: suspended.by } }),
    ...(jwksOf(app).length > 0 && { jwks: jwksOf(app) }),
    ...(hasSecrets && hasDigests && { legacySecret: secretsOf(app).map(secretEntry) }),
  }
}

function secretEntry(secret: ReturnType<typeof secretsOf>[number]): LegacySecret {
  const createdAt = new Date(secret.createdAt).toISOString()
  if ('legacy' in secret) return { ...secret.legacy, createdAt }
  return { scheme: 'sha256-base64url', text: secret.digest, createdAt }
}

function installEntry(app: LiveApp, install: LiveInstall, refreshToken?: LegacyRefreshToken): ImportedInstall {
  const { account, epoch = null, scope, audience, installedAt, expiresAt, approvedBy } = install
  return {
    type: 'install',
    app: app.importedKey ?? app.key,
    account,
    epoch,
    scope,
    ...(audience && { resources: audience }),
    installedAt: new Date(installedAt).toISOString(),
    ...(expiresAt !== NEVER && { expiresAt: new Date(expiresAt).toISOString() }),
    approvedBy,
    ...dayOfUse(install),
    ...(refreshToken && { refreshToken }),
  }
}

function sessionEntry(app: LiveApp, install: LiveInstall, session: OpenSession): ImportedInstall {
  const { scope, audience, endsAt, credentialEndsAt, digest, signIn, boundTo } = session
  const { at, acr } = signIn ?? {}
  return installEntry(
    app,
    { ...install, scope, ...(audience && { audience }), expiresAt: endsAt },
    {
      scheme: 'sha256-base64url',
      text: digest,
      expiresAt: new Date(credentialEndsAt).toISOString(),
      ...(at !== undefined && { authenticatedAt: new Date(at).toISOString() }),
      ...(acr !== undefined && { acr }),
      // Those of other apps are not bound, even if the code was.
      ...(boundTo && isPublic(app) && { jkt: boundTo.jkt }),
    },
  )
}
