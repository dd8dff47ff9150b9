import { resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { AppGrantOptions } from '../index.ts'
import { UsageError } from './usage-error.ts'

/**
 * Reads the module of `--options`. It exports `options`: those of `createAppGrant`, or a function that returns them; with
 * `store`, if the URL of a store cannot say it.
 *
 * @throws UsageError
 */
export async function readOptions(file: string): Promise<Partial<AppGrantOptions>> {
  const given = await load(file)
  if (typeof given !== 'object' || given === null)
    throw new UsageError(
      `--options: ${file} must export \`options\`: those of createAppGrant, or a function that returns them`,
    )
  return given as Partial<AppGrantOptions>
}

/** The host's code: what it throws may contain anything. */
async function load(file: string): Promise<unknown> {
  try {
    const { options: given } = await import(pathToFileURL(resolve(file)).href)
    return typeof given === 'function' ? await given() : given
  } catch (error) {
    const { name = 'Error', code = '' } = error instanceof Error ? (error as NodeJS.ErrnoException) : {}
    throw new UsageError(`--options: loading ${file} failed with ${[name, code].filter(Boolean).join(' ')}`)
  }
}
