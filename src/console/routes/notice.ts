import type { Html } from '../../frame/html.ts'
import type { Call, Reply } from '../call.ts'
import type { Content, Context } from '../context.ts'
import { message } from '../messages.ts'

/** Why something was not done, on the page that it was asked for on. */
export interface Notice {
  readonly message: Html
  readonly status: number
}

/** A page as it is, or with why something was not done. */
export function withNotice(content: Content, notice: Notice | undefined, context: Context): Reply {
  return { page: notice ? { ...content, status: notice.status, failed: true } : content, context }
}

/** What the address says was just done, in words. @param known - apps that have been read for the page anyway. */
export async function saidIn(
  { said, over, context }: Call,
  known: readonly { readonly key: string; readonly name: string }[] = [],
): Promise<Html | undefined> {
  if (!said) return undefined
  const { name, about, count } = said
  if (about === undefined) return message(name, { count }, context)
  const app = known.find(({ key }) => key === about) ?? (await over(undefined).apps.get(about))
  return message(name, { app: app?.name, count }, context)
}
