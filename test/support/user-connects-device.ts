import { setTimeout as passed } from 'node:timers/promises'
import { ticketIn } from './http-authorization.ts'

const FROM_PAGE = { 'sec-fetch-site': 'same-origin' }

/**
 * What a user does in a browser with the code of a device: enters it, waits for the device, and allows it these scopes.
 *
 * @param options - `answered`: resolves once the device may have answered. `headers`: what the browser sends, such as a cookie.
 */
export async function userConnectsDevice(
  address: string,
  userCode: string,
  {
    scope,
    answered,
    headers = {},
  }: {
    readonly scope: string
    readonly answered: () => Promise<unknown>
    readonly headers?: Readonly<Record<string, string>>
  },
): Promise<void> {
  const post = (path: string, form: Record<string, string>) =>
    fetch(path, {
      method: 'POST',
      headers: { ...FROM_PAGE, ...headers },
      body: new URLSearchParams(form),
      redirect: 'manual',
    })
  const entry = ticketIn(await (await fetch(address, { headers })).text())
  const entered = await post(address, { ticket: entry, user_code: userCode })
  const about = new URL(entered.headers.get('location') ?? '', address)
  let ticket = ''
  while (ticket === '') {
    await answered()
    ticket = ticketIn(await (await fetch(about, { headers })).text())
  }
  const decided = await post(`${address}/decision`, { ticket, decision: 'approve', scope })
  if (decided.status !== 303) throw new Error(`the decision was refused: ${decided.status}`)
}

/** A moment, in which a device polls. */
export const aMoment = () => passed(200)
