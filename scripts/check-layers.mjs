// Fails if an import points up or across the layers. The layers are described in docs/architecture.md.
import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, normalize } from 'node:path'

const ROOT = new URL('..', import.meta.url).pathname

// Each place, from the top down, and the places it may import besides itself. The longest matching place applies.
const MAY_IMPORT = {
  'src/index.ts': [
    'src/create-app-grant.ts',
    'src/app-grant-options.ts',
    'src/domain',
    'src/records',
    'src/credentials',
    'src/store',
    'src/base',
  ],
  'src/app-grant-options.ts': ['src/domain', 'src/credentials', 'src/store'],
  'src/create-app-grant.ts': [
    'src/app-grant-options.ts',
    'src/domain',
    'src/records',
    'src/credentials',
    'src/store',
    'src/base',
  ],
  'src/node.ts': ['src/node', 'src/http', 'src/domain', 'src/base'],
  'src/node': ['src/http', 'src/base'],
  'src/resource.ts': ['src/resource', 'src/domain', 'src/base'],
  'src/resource': ['src/domain', 'src/credentials', 'src/base'],
  'src/testing': ['src/domain', 'src/store', 'src/base'],
  'src/console': ['src/http', 'src/create-app-grant.ts', 'src/domain', 'src/base'],
  'src/http': ['src/create-app-grant.ts', 'src/domain', 'src/base'],
  'src/domain': ['src/records', 'src/credentials', 'src/base'],
  'src/records': ['src/credentials', 'src/store', 'src/base'],
  'src/credentials': ['src/base'],
  'src/store': ['src/base'],
  'src/base': [],
  adapters: ['src/store', 'src/base/errors.ts'],
}
const places = Object.keys(MAY_IMPORT).sort((a, b) => b.length - a.length)
const placeOf = (file) => places.find((place) => file === place || file.startsWith(`${place}/`))

const problems = []
for (const folder of ['src', 'adapters']) {
  for (const entry of readdirSync(join(ROOT, folder), { recursive: true })) {
    if (!entry.endsWith('.ts')) continue
    const file = join(folder, entry)
    const from = placeOf(file)
    if (!from) problems.push(`${file}: belongs to no layer; add one to scripts/check-layers.mjs`)
    const text = readFileSync(join(ROOT, file), 'utf8')
    for (const [, target] of text.matchAll(/(?:from|import)\s*\(?\s*'([^']+)'/g)) {
      if (target.startsWith('.')) checkInside(file, from, normalize(join(dirname(file), target)))
      else if (target === 'jose' && !file.startsWith('src/credentials/jwt/'))
        problems.push(`${file}: only src/credentials/jwt/ imports jose`)
    }
  }
}

function checkInside(file, from, target) {
  const to = placeOf(target)
  if (!from || (from === to && sameAdapter(file, target))) return
  const allowed = MAY_IMPORT[from].some((place) => target === place || target.startsWith(`${place}/`))
  if (!allowed)
    problems.push(`${file}: imports ${target}, but ${from} may import only ${MAY_IMPORT[from].join(', ') || 'itself'}`)
}

function sameAdapter(file, target) {
  return !file.startsWith('adapters/') || file.split('/')[1] === target.split('/')[1]
}

if (problems.length > 0) {
  process.stderr.write(`check-layers: ${problems.length} problem(s)\n${problems.join('\n')}\n`)
  process.exit(1)
}
