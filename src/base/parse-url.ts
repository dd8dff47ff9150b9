/**
 * Parses a URL, or returns undefined. `URL.canParse` is not a substitute: once compiled by the optimizer, that of Node 20
 * and 22 returns false for URLs with Latin-1 characters.
 */
export function parseUrl(text: string): URL | undefined {
  try {
    return new URL(text)
  } catch {
    return undefined
  }
}
