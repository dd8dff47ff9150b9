/** The path of a URL, to put others behind it: empty at the root. */
export function basePathOf(url: string): string {
  const { pathname } = new URL(url)
  return pathname === '/' ? '' : pathname
}
