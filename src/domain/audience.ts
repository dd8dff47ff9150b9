import { AppGrantError } from '../base/errors.ts'
import { isTextList } from './input.ts'

/** How many resources a host may have, and one authorization may ask for. */
export const MAX_RESOURCES = 100

/** Which resources tokens are for. */
export interface Audiences {
  /** Whether a token with that audience is for any resource of the host. */
  accepts(stored: readonly string[] | undefined): boolean
  /** The resources that a stored audience means. */
  of(stored: readonly string[] | undefined): readonly string[]
  /** The audience of something new: what is asked for, else the first resource. @throws `invalid_target` */
  asked(resources: readonly string[] | undefined): readonly string[] | undefined
  /** Part of an audience that was granted: all of it where nothing is asked. @throws `invalid_target` */
  narrowed(
    resources: readonly string[] | undefined,
    granted: readonly string[] | undefined,
  ): readonly string[] | undefined
}

/**
 * @param resources - as the host named them. What is not named is not stored either: it is the issuer.
 */
export function createAudiences(resources: readonly string[] | undefined, issuer: string | undefined): Audiences {
  // Shared by all who verify.
  const own = Object.freeze(issuer === undefined ? [] : [issuer])
  const all = resources ?? own

  function pick(asked: readonly string[] | undefined, available: readonly string[]): readonly string[] | undefined {
    // Where neither resources nor issuer have a name, there is nothing to ask for.
    if (all.length === 0 && !asked) return undefined
    const picked = asked ?? available
    if (picked.length === 0 || !picked.every((one) => available.includes(one))) throw invalidTarget()
    return resources && picked
  }

  return {
    accepts: (stored) => !resources || (stored ?? own).some((one) => resources.includes(one)),
    of: (stored) => stored ?? own,
    asked: (asked) => pick(asked, asked ? all : all.slice(0, 1)),
    narrowed(asked, granted) {
      // What was granted before the host named any resource is for the first of them now.
      const kept = granted ? all.filter((one) => granted.includes(one)) : all.slice(0, 1)
      return pick(asked, kept)
    },
  }
}

/** A list of resources as it was asked for, without repetitions; undefined where nothing was asked. @throws `invalid_target` */
export function resourcesInput(asked: unknown): readonly string[] | undefined {
  if (asked === undefined) return undefined
  if (!isTextList(asked, MAX_RESOURCES)) throw invalidTarget()
  return [...new Set(asked)]
}

function invalidTarget(): AppGrantError {
  return new AppGrantError(
    'invalid_target',
    {},
    {
      message: 'resource: expected resources that tokens are for and that were granted',
      hint: 'Ask for some of the option `resources` of createAppGrant, by default the issuer; later for no more than at first.',
    },
  )
}
