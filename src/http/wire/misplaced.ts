const MAX_SHOWN = 100

/** Notices that the handler is mounted at the wrong path, which clients see only as 404. */
export interface Misplacement {
  /** An endpoint was found: the handler is where it should be. */
  found(): void
  /** There is no endpoint at this path. */
  missed(path: string): void
}

/**
 * Warns once, unless an endpoint has been found before, if a request ends with the path of an endpoint.
 *
 * @param paths - of the endpoints, relative to the issuer.
 */
export function createMisplacement(issuer: string, paths: readonly string[]): Misplacement {
  let isSettled = false
  return {
    found() {
      isSettled = true
    },
    missed(path) {
      const meant = isSettled ? undefined : paths.find((one) => path.endsWith(one))
      if (meant === undefined) return
      isSettled = true
      const shown = path.slice(0, MAX_SHOWN).replaceAll(/[^\x21-\x7e]/g, '?')
      process.emitWarning(
        `createHandler: a request for ${shown} is a 404, because the issuer is ${issuer}: expected the path of ${issuer}${meant}. If a proxy or mount() removes a part of the path, name it in the option strippedPrefix; if it adds one, add it to the issuer. This warning is not repeated.`,
        { code: 'APPGRANT_MOUNT' },
      )
    },
  }
}
