import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { ROOT } from './setup.ts'

const DOCUMENT = readFileSync(join(ROOT, 'docs/frameworks.md'), 'utf8')

/** The blocks of docs/frameworks.md below a heading of either level: what runs in tests is what the page says. */
export function blocksBelow(heading: string): readonly string[] {
  const [, section = ''] = DOCUMENT.split(`# ${heading}\n`)
  const [own = ''] = section.split(/^##/m)
  return [...own.matchAll(/^```\w+\n(.*?)^```$/gms)].map(([, code = '']) => code)
}

/** Whether the packages that `fixtures` pins are installed in `cache`. */
export function areInstalled(fixtures: string, cache: string): boolean {
  const [pinned, installed] = [fixtures, cache].map((folder) => {
    try {
      return readFileSync(join(folder, 'package-lock.json'), 'utf8')
    } catch {
      return undefined
    }
  })
  return pinned === installed && existsSync(join(cache, 'node_modules/.package-lock.json'))
}
