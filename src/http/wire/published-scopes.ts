/** A scope by which clients request refresh tokens elsewhere. Those that find it published ask for consent again and again. */
const OFFLINE_ACCESS = 'offline_access'

/** The scopes that metadata and challenges name, without repetitions. */
export function publishedScopes(scopes: readonly string[]): readonly string[] {
  return [...new Set(scopes)].filter((scope) => scope !== OFFLINE_ACCESS)
}
