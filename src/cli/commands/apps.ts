import { type App, paginate } from '../../index.ts'
import type { Call, Command } from '../command.ts'
import { fieldLines, row } from '../text.ts'
import { NotDoneError, UsageError } from '../usage-error.ts'

const PAGE_SIZE = 200
const MAX_UNUSED_DAYS = 3650

const list: Command = {
  name: 'apps list',
  summary: 'list apps, one in each line: key, owner, state, name',
  options: {
    owner: { value: 'ACCOUNT', help: 'only the apps of this account; default is all apps' },
    name: { value: 'TEXT', help: 'only apps with this in their name' },
    suspended: { help: 'only suspended apps' },
    trusted: { help: 'only trusted apps' },
    'unused-days': {
      value: 'DAYS',
      help: 'only apps that were last issued a token at least this many days ago, 1–3650',
    },
  },
  async run(call) {
    const { management, terminal, text, flag, print } = call
    const query = {
      owner: text('owner'),
      name: text('name'),
      suspended: flag('suspended'),
      trusted: flag('trusted'),
      unusedDays: unusedDays(call),
      limit: PAGE_SIZE,
    }
    const listed = terminal.progress('apps listed')
    for await (const app of paginate((cursor) => management.apps.list({ ...query, cursor }))) {
      await print(app, row(app.key, app.owner, stateOf(app), app.name))
      listed.add()
    }
    return undefined
  },
}

const show: Command = {
  name: 'apps show',
  summary: 'show an app and what it holds',
  operands: ['KEY'],
  async run({ management, operands, print }) {
    const app = await management.apps.get(keyIn(operands), { counts: true })
    if (!app) throw notFound()
    await print(app, fieldLines(app))
    return undefined
  },
}

const suspend: Command = {
  name: 'apps suspend',
  summary: 'make everything an app holds unusable until it is resumed',
  operands: ['KEY'],
  run: (call) => printChanged(call, call.management.apps.suspend(keyIn(call.operands))),
}

const resume: Command = {
  name: 'apps resume',
  summary: 'end the suspension of an app',
  operands: ['KEY'],
  run: (call) => printChanged(call, call.management.apps.resume(keyIn(call.operands))),
}

const regenerate: Command = {
  name: 'apps regenerate',
  summary: 'replace the secrets and keys of an app by a new secret, and revoke everything it holds',
  details: ['The new secret is printed once, to standard output: it is not stored.'],
  operands: ['KEY'],
  confirm: ({ operands }) => `Replace the secret of ${keyIn(operands)}, and revoke everything the app holds?`,
  async run({ management, operands, hasDirectory, print }) {
    const key = keyIn(operands)
    const app = await management.apps.get(key, { counts: true })
    if (!app) throw notFound()
    // Without the directory, the app would be stored as that of an owner without an epoch, and be blocked.
    if (app.ownerReplaced && !hasDirectory)
      throw new UsageError(
        'apps regenerate: the directory of the host names an epoch for the owner of this app: ' +
          'pass --options with a module that exports the directory',
      )
    const { secret } = await management.apps.regenerateSecret(key)
    await print({ key, secret }, secret)
    return undefined
  },
}

const remove: Command = {
  name: 'apps remove',
  summary: 'remove an app and everything it holds',
  operands: ['KEY'],
  confirm: ({ operands }) => `Remove ${keyIn(operands)} and everything the app holds?`,
  async run({ management, operands, print }) {
    const key = keyIn(operands)
    if (!(await management.apps.remove(key))) throw notFound()
    await print({ key, removed: true }, row(key, 'removed'))
    return undefined
  },
}

/** The commands that are about apps. */
export const APP_COMMANDS: readonly Command[] = [list, show, suspend, resume, regenerate, remove]

/** The operand that is the key of an app. */
export function keyIn([key = '']: readonly string[]): string {
  return key
}

/** Also the core checks it, but here it is the command line that is wrong. */
function unusedDays({ text }: Call): number | undefined {
  const given = text('unused-days')
  if (given === undefined) return undefined
  const days = /^\d{1,4}$/.test(given) ? Number(given) : 0
  if (days < 1 || days > MAX_UNUSED_DAYS)
    throw new UsageError(`apps list: --unused-days: expected an integer from 1 to ${MAX_UNUSED_DAYS}`)
  return days
}

function notFound(): NotDoneError {
  return new NotDoneError('there is no such app. Is it another store, or another namespace, collection or table?')
}

async function printChanged({ print }: Call, changing: Promise<App>): Promise<undefined> {
  const app = await changing
  await print(app, row(app.key, app.owner, stateOf(app), app.name))
  return undefined
}

function stateOf({ suspended, trusted, public: isPublic, published }: App): string {
  const states = { suspended, trusted, public: isPublic, published }
  return (
    Object.entries(states)
      .flatMap(([name, is]) => (is ? [name] : []))
      .join(',') || '-'
  )
}
