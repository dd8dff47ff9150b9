import { createInterface } from 'node:readline'

/** What the test gives, as the protocol of clients.test.ts says. */
export const given = JSON.parse(process.argv[2])

/** Sends the user's browser to a URL, and returns the URL of the app to which it came back. */
export async function browse(url) {
  console.log(String(url))
  for await (const line of createInterface({ input: process.stdin })) return line
}

export async function statusOf(accessToken) {
  const { status } = await fetch(given.api, { headers: { authorization: `Bearer ${accessToken}` } })
  return status
}

export const report = (seen) => console.log(JSON.stringify(seen))
