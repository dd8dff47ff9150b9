import { guard } from '../../lib/appgrant'

export const dynamic = 'force-dynamic'

export async function GET(request: Request) {
  const access = await guard(request)
  return access instanceof Response ? access : new Response(`calls of ${access.account}`)
}
