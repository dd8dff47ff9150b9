// What no server can leave out: node:http, a form, a digest, a look-up. It authenticates nobody and keeps its tokens in a Map.
import { hash, randomBytes } from 'node:crypto'
import { APP, readForm, routes, sendJson, serve } from './serve.ts'

const token = randomBytes(64).toString('hex')
const tokens = new Map([[hash('sha256', token), { expiresAt: Date.now() + 3_600_000, account: 'bench' }]])

function find(text: string) {
  const found = tokens.get(hash('sha256', text))
  return found && found.expiresAt > Date.now() ? found : undefined
}

serve(
  routes({
    '/token': async (req, res) => {
      const { grant_type } = await readForm(req)
      if (grant_type !== 'client_credentials') sendJson(res, { error: 'unsupported_grant_type' }, 400)
      else sendJson(res, { access_token: token, token_type: 'Bearer', expires_in: 3600 })
    },
    '/introspect': async (req, res) => {
      const { token = '' } = await readForm(req)
      const found = find(token)
      sendJson(res, found ? { active: true, client_id: APP.key, sub: found.account } : { active: false })
    },
    '/bearer': (req, res) => {
      const found = find(req.headers.authorization?.slice('Bearer '.length) ?? '')
      if (found) sendJson(res, { account: found.account })
      else sendJson(res, { error: 'invalid_token' }, 401)
    },
  }),
)
