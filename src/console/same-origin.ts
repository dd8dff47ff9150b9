type Headers = Pick<globalThis.Headers, 'get'>

/**
 * Whether a page was opened from one of this origin. Messages are shown only then, so that no link elsewhere makes the console say
 * something. On plain http the referrer says so.
 */
export function isOpenedFromHere(headers: Headers, origin: string): boolean {
  const site = headers.get('sec-fetch-site')
  if (site !== null) return site === 'same-origin'
  const referrer = headers.get('referer')
  return referrer !== null && URL.canParse(referrer) && new URL(referrer).origin === origin
}
