import { expect } from 'vitest'
import { ticketIn } from './http-authorization.ts'

/** What a user and the browser do: opens the consent page, approves that scope, and returns the URL that leads to the app. */
export async function userApproves(authorizationUrl: string | URL, scope: string): Promise<URL> {
  const page = await fetch(authorizationUrl, { redirect: 'manual' })
  const body = new URLSearchParams({ ticket: ticketIn(await page.text()), decision: 'approve', scope })
  const decision = new URL('authorize/decision', authorizationUrl)
  const response = await fetch(decision, { method: 'POST', body, redirect: 'manual' })
  expect(response.status).toBe(303)
  return new URL(response.headers.get('location') ?? '')
}
