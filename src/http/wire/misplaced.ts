const MAX_SHOWN = 100

/** Notices that the handler is mounted at the wrong place, which clients see only as a 404 or 500. */
export interface Misplacement {
  /** An endpoint was found: the handler is where it should be. */
  found(): void
  /** There is no endpoint at this path. */
  missed(path: string): void
  /** A body parser has read the body of a request for this endpoint. */
  parsed(endpoint: string): void
}

/**
 * Warns once of each mistake. The path is wrong if that of a request ends with the path of an endpoint and none has been found.
 *
 * @param paths - of the endpoints, relative to the issuer.
 * @param unserved - the paths of endpoints that are not served, because the option `signIn` is missing.
 */
export function createMisplacement(
  issuer: string,
  paths: readonly string[],
  unserved: readonly string[],
): Misplacement {
  let isSettled = false
  let isParserKnown = false
  let isMissingKnown = false
  return {
    found() {
      isSettled = true
    },
    missed(path) {
      const missing = isMissingKnown ? undefined : unserved.find((one) => path.endsWith(one))
      if (missing !== undefined) {
        isMissingKnown = true
        const names = unserved.join(', ')
        return warn(
          `a request for ${missing} is a 404, because there is no option signIn: without users nobody can approve, and this handler serves none of ${names}. Pass signIn, or send such requests to the handler that has it.`,
        )
      }
      const meant = isSettled ? undefined : paths.find((one) => path.endsWith(one))
      if (meant === undefined) return
      isSettled = true
      const shown = path.slice(0, MAX_SHOWN).replaceAll(/[^\x21-\x7e]/g, '?')
      warn(
        `a request for ${shown} is a 404, because the issuer is ${issuer}: expected the path of ${issuer}${meant}. If a proxy or mount() removes a part of the path, name it in the option strippedPrefix; if it adds one, add it to the issuer.`,
      )
    },
    parsed(endpoint) {
      if (isParserKnown) return
      isParserKnown = true
      warn(
        `${endpoint} responds with 500, because a body parser has read the body already. Mount this handler before the parser, or let the parser keep the bytes: express.urlencoded({ verify: (req, res, bytes) => { req.rawBody = bytes } }), and the same for express.json().`,
      )
    },
  }
}

function warn(text: string): void {
  process.emitWarning(`createHandler: ${text} This warning is not repeated.`, { code: 'APPGRANT_MOUNT' })
}
