import { AppGrantError } from '../../base/errors.ts'
import { parseUrl } from '../../base/parse-url.ts'
import { resourceSpellings } from '../../base/resource-spellings.ts'
import { isTextList } from './input.ts'

/** Maximum number of resources of a host, and of one request. */
const MAX_RESOURCES = 100

/** In characters. */
const MAX_RESOURCE = 512

/**
 * Checks the option `resources`.
 *
 * @param wrong - creates the error for an invalid one.
 * @see RFC 8707 §2
 */
export function checkResources(
  resources: unknown,
  wrong: (name: string, expected: string, received: unknown) => TypeError,
): void {
  if (!Array.isArray(resources) || resources.length === 0 || resources.length > MAX_RESOURCES)
    throw wrong('resources', `an array of 1–${MAX_RESOURCES} URIs`, resources)
  for (const [at, one] of resources.entries()) {
    if (!isResource(one))
      throw wrong(
        `resources[${at}]`,
        `an absolute URI without fragment, such as https://api.example, of at most ${MAX_RESOURCE} characters`,
        one,
      )
    const first = resources.indexOf(one)
    if (first < at) throw wrong(`resources[${at}]`, `another URI than resources[${first}]`, one)
  }
}

function isResource(one: unknown): boolean {
  return (
    typeof one === 'string' &&
    one.length <= MAX_RESOURCE &&
    /^[\x21\x24-\x7e]+$/.test(one) &&
    parseUrl(one) !== undefined
  )
}

/** Decides which resources tokens are for. */
export interface Audiences {
  /** The resources of the host, frozen. */
  readonly all: readonly string[]
  /** Whether a token with that stored audience is for any resource of the host. */
  accepts(stored: readonly string[] | undefined): boolean
  /** The resources that a stored audience refers to, without those that are no longer the host's. */
  of(stored: readonly string[] | undefined): readonly string[]
  /** The audience of a new grant: the requested resources, or else the first. @throws {@link AppGrantError} `invalid_target` */
  requested(resources: readonly string[] | undefined): readonly string[] | undefined
  /** Narrows a granted audience to what was requested, or keeps all of it. @throws {@link AppGrantError} `invalid_target` */
  narrowed(
    resources: readonly string[] | undefined,
    granted: readonly string[] | undefined,
  ): readonly string[] | undefined
}

/** @param resources - as configured. If absent, no audience is stored, and tokens are for the issuer. */
export function createAudiences(resources: readonly string[] | undefined, issuer: string | undefined): Audiences {
  // Frozen, because all verifications share it.
  const own = Object.freeze(issuer === undefined ? [] : [issuer])
  const all = resources ? Object.freeze([...resources]) : own

  function pick(requested: readonly string[] | undefined, available: readonly string[]): readonly string[] | undefined {
    // Without resources and issuer, there is nothing to request.
    if (all.length === 0 && !requested) return undefined
    const picked = requested ? [...new Set(requested.map(asConfigured))] : available
    if (picked.length === 0 || !picked.every((one) => available.includes(one))) throw invalidTarget()
    return resources && picked
  }

  function asConfigured(resource: string): string {
    const spellings = all.includes(resource) ? [resource] : resourceSpellings(resource)
    return all.find((one) => spellings.includes(one)) ?? resource
  }

  return {
    all,
    accepts: (stored) => !resources || (stored ?? own).some((one) => resources.includes(one)),
    of(stored) {
      if (!stored) return own
      return stored.every((one) => all.includes(one)) ? stored : stored.filter((one) => all.includes(one))
    },
    requested: (requested) => pick(requested, requested ? all : all.slice(0, 1)),
    narrowed(requested, granted) {
      // What was granted before the host configured any resource is for the first one.
      const kept = granted ? all.filter((one) => granted.includes(one)) : all.slice(0, 1)
      const picked = pick(requested, kept)
      // In the order of the option, so that the same resources in another order are the same request.
      return picked && kept.filter((one) => picked.includes(one))
    },
  }
}

/** The requested resources without repetitions; undefined if none were requested. @throws {@link AppGrantError} `invalid_target` */
export function resourcesInput(requested: unknown): readonly string[] | undefined {
  if (requested === undefined) return undefined
  if (!isTextList(requested, MAX_RESOURCES)) throw invalidTarget()
  return [...new Set(requested)]
}

function invalidTarget(): AppGrantError {
  return new AppGrantError('invalid_target', {
    message: 'resource: expected resources that this server issues tokens for and that were granted',
    hint: 'Request only what the option `resources` of createAppGrant lists, by default the issuer; on refresh, only what was granted.',
  })
}
