import { isAppGrantError } from '../../base/errors.ts'
import type { Call, ConsoleRoute, Reply } from '../call.ts'
import { warning } from '../messages.ts'
import { hasRegisteredItself } from '../parts/came-from.ts'
import { withName } from '../parts/with-name.ts'
import { showAll } from './all.ts'
import { showApp } from './app.ts'
import { appOf, suspender } from './app-readings.ts'
import { filtersIn, showApps } from './apps.ts'
import type { Notice } from './notice.ts'

/** Suspends or resumes an app at one press, because each undoes the other. */
export function statusRoute(operation: 'suspend' | 'resume'): ConsoleRoute {
  return {
    // Somebody has reloaded the address of the form.
    get: async ({ match, context }) => ({ redirect: context.to('app', { key: match.parts.key }) }),
    post: (call) => change(call, operation),
  }
}

async function change(call: Call, operation: 'suspend' | 'resume'): Promise<Reply> {
  const { match, query, context } = call
  const key = match.parts.key ?? ''
  const app = await appOf(call)
  // On the list of all apps, an operator acts as the platform on their own apps too.
  const { apps } = call.over(query.get('from') === 'all' ? undefined : app.owner)
  try {
    await apps[operation](key)
  } catch (error) {
    if (!isAppGrantError(error, 'suspended_above')) throw error
    const by = suspender(app)
    const { nameOf } = await call.named(undefined, [by])
    const { texts } = context
    const sentence = by === undefined ? texts.onlyPlatformResumes : withName(texts.onlyAboveResumes, nameOf(by))
    return showSource(call, { message: warning(sentence), status: 409 })
  }
  // The page of the app says so too, for as long as it is suspended.
  const forgets = hasRegisteredItself(app) && query.get('from') !== 'app'
  return {
    redirect: sourceOf(call, {
      said: operation === 'resume' ? 'resumed' : forgets ? 'program-suspended' : 'suspended',
      about: key,
    }),
  }
}

/** The address that the button was on. */
function sourceOf({ match, query, context }: Call, said: Readonly<Record<string, string>>): string {
  const [from, cursor] = [query.get('from'), query.get('cursor') ?? '']
  if (from === 'all') return context.to('all', { name: query.get('name') ?? '', cursor, ...said })
  if (from === 'apps') return context.to('apps', { for: query.get('for') ?? '', ...filtersIn(query), cursor, ...said })
  return context.to('app', { key: match.parts.key, ...said })
}

/** The page that the button was on. */
function showSource(call: Call, notice: Notice): Promise<Reply> {
  const from = call.query.get('from')
  if (from === 'all' && call.context.viewer.operator === true) return showAll(call, notice)
  return from === 'apps' ? showApps(call, { notice }) : showApp(call, { notice })
}
