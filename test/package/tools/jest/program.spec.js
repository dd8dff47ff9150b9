import { verifiedAccount } from './program.js'

test('a token is verified', async () => {
  expect(await verifiedAccount()).toBe('org-7')
}, 60_000)
