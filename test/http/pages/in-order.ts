import { expect } from 'vitest'

/** Expects that a page has all of these parts, in this order. */
export function expectInOrder(page: string, parts: readonly string[]): void {
  const places = parts.map((part) => page.indexOf(part))
  expect(places).not.toContain(-1)
  expect(places).toEqual(places.toSorted((one, other) => one - other))
}
