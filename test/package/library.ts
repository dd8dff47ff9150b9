import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { inject } from 'vitest'

/** The entries of the packed package, as an application gets them. */
export interface Library {
  readonly core: typeof import('../../src/index.ts')
  readonly http: typeof import('../../src/http/index.ts')
  readonly console: typeof import('../../src/console/index.ts')
  readonly node: typeof import('../../src/node.ts')
  readonly memory: typeof import('../../adapters/memory/memory-store.ts')
  readonly testing: typeof import('../../src/testing/index.ts')
}

export async function library(): Promise<Library> {
  const entry = (name: string) =>
    import(pathToFileURL(join(inject('consumer'), 'node_modules/appgrant/dist', `${name}.js`)).href)
  const [core, http, console, node, memory, testing] = await Promise.all(
    ['index', 'http', 'console', 'node', 'memory', 'testing'].map(entry),
  )
  return { core, http, console, node, memory, testing }
}
