import { verifiedAccount } from './program'

test('a token is verified', async () => {
  expect(await verifiedAccount()).toBe('org-7')
}, 60_000)
