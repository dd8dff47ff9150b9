// Fails on an import that points up or across, on any import cycle, and on a file that is too long to be read at once. The
// table is the architecture: see docs/architecture.md.
import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, normalize } from 'node:path'

const ROOT = new URL('..', import.meta.url).pathname

const BELOW_DOMAIN = ['src/records', 'src/credentials', 'src/base']
const BELOW_ROOMS = ['src/domain/input', 'src/domain/refusals.ts', ...BELOW_DOMAIN]
const BELOW_HTTP = ['src/create-app-grant.ts', 'src/domain', 'src/base']

// Each place, from the top down, and the places it may import from besides itself. The longest matching place counts.
const MAY_IMPORT = {
  'src/index.ts': [
    'src/create-app-grant.ts',
    'src/options.ts',
    'src/limits.ts',
    'src/domain',
    'src/store',
    ...BELOW_DOMAIN,
  ],
  'src/store.ts': ['src/store', 'src/base'],
  'src/create-app-grant.ts': [
    'src/app-grant.ts',
    'src/check-options.ts',
    'src/options.ts',
    'src/domain',
    'src/store',
    ...BELOW_DOMAIN,
  ],
  'src/app-grant.ts': ['src/domain', ...BELOW_DOMAIN],
  'src/check-options.ts': ['src/options.ts', 'src/limits.ts', 'src/domain', 'src/credentials', 'src/base'],
  'src/options.ts': [
    'src/limits.ts',
    'src/domain/devices',
    'src/domain/authorization',
    'src/domain/registration',
    'src/domain/tokens',
    'src/domain/accounts',
    'src/domain/apps',
    'src/domain/input',
    'src/credentials',
    'src/store',
    'src/base',
  ],

  // The command line is a host of its own, and opens stores.
  'src/cli': ['adapters', 'src/index.ts', 'src/store.ts', 'src/credentials', 'src/base'],

  'src/limits.ts': ['src/base'],
  'src/node.ts': ['src/node', 'src/http', 'src/domain', 'src/base'],
  'src/node': ['src/http/wire', 'src/base'],
  'src/resource.ts': ['src/resource', 'src/domain/tokens', 'src/base'],
  'src/resource': ['src/domain/tokens', 'src/domain/input', 'src/credentials', 'src/base'],
  'src/cimd.ts': ['src/cimd', 'src/domain/registration'],
  'src/cimd': ['src/domain/registration'],
  'src/testing': ['src/domain/apps', 'src/store', 'src/base'],

  'src/console': ['src/http/wire', 'src/frame', ...BELOW_HTTP],

  'src/http/index.ts': ['src/http', 'src/frame'],
  'src/http/handler.ts': [
    'src/http/oauth',
    'src/http/api',
    'src/http/pages',
    'src/http/wire',
    'src/frame',
    ...BELOW_HTTP,
  ],
  'src/http/protect.ts': ['src/http/wire', ...BELOW_HTTP],
  'src/http/oauth': ['src/http/wire', ...BELOW_HTTP],
  'src/http/api': ['src/http/wire', ...BELOW_HTTP],
  'src/http/pages': ['src/http/wire', 'src/frame', ...BELOW_HTTP],
  'src/http/wire': ['src/domain', 'src/base'],
  // What the pages of `src/http/pages` and of the console have in common.
  'src/frame': ['src/base'],

  'src/domain/authorizer.ts': ['src/domain', ...BELOW_DOMAIN],
  'src/domain/prepare-node.ts': ['src/domain', ...BELOW_DOMAIN],
  'src/domain/leaks': [
    'src/domain/grants',
    'src/domain/registration',
    'src/domain/tokens',
    'src/domain/apps',
    ...BELOW_ROOMS,
  ],
  'src/domain/devices': [
    'src/domain/grants',
    'src/domain/authorization',
    'src/domain/registration',
    'src/domain/tokens',
    'src/domain/apps',
    'src/domain/accounts',
    ...BELOW_ROOMS,
  ],
  'src/domain/grants': [
    'src/domain/authorization',
    'src/domain/registration',
    'src/domain/tokens',
    'src/domain/apps',
    'src/domain/accounts',
    ...BELOW_ROOMS,
  ],
  'src/domain/authorization': [
    'src/domain/registration',
    'src/domain/tokens',
    'src/domain/apps',
    'src/domain/accounts',
    ...BELOW_ROOMS,
  ],
  'src/domain/registration': ['src/domain/apps', 'src/domain/accounts', ...BELOW_ROOMS],
  'src/domain/installs': ['src/domain/apps', 'src/domain/accounts', ...BELOW_ROOMS],
  'src/domain/tokens': ['src/domain/apps', 'src/domain/accounts', ...BELOW_ROOMS],
  'src/domain/apps': ['src/domain/accounts', ...BELOW_ROOMS],
  'src/domain/accounts': [...BELOW_ROOMS],
  'src/domain/refusals.ts': BELOW_DOMAIN,
  'src/domain/input': BELOW_DOMAIN,

  'src/records': ['src/credentials', 'src/store', 'src/base'],
  'src/credentials': ['src/base'],
  'src/store': ['src/base'],
  'src/base': [],
  // What other authors of stores can import, too, and helpers of a few lines.
  adapters: [
    'src/store.ts',
    'src/base/describe-value.ts',
    'src/base/docs-page.ts',
    'src/base/errors.ts',
    'src/base/known-members.ts',
    'src/base/once.ts',
    'src/base/unusable-store.ts',
  ],
}
const places = Object.keys(MAY_IMPORT).sort((a, b) => b.length - a.length)
const isIn = (place) => (file) => file === place || file.startsWith(`${place}/`)
const placeOf = (file) => places.find((place) => isIn(place)(file))

const MAX_LINES = 300
const MEDIAN_LINES = 80

const problems = []
const lengths = []
/** What each file imports of ours, types included. */
const imports = new Map()
for (const folder of ['src', 'adapters']) {
  for (const entry of readdirSync(join(ROOT, folder), { recursive: true })) {
    if (!entry.endsWith('.ts')) continue
    const file = join(folder, entry)
    if (!placeOf(file)) problems.push(`${file}: no place of this name; add it to scripts/check-layers.mjs`)
    const targets = []
    const text = readFileSync(join(ROOT, file), 'utf8')
    const lines = text.split('\n').length - 1
    lengths.push(lines)
    if (lines > MAX_LINES) problems.push(`${file}: ${lines} lines; split what has more than ${MAX_LINES}`)
    for (const [, target] of text.matchAll(/(?:from|import)\s*\(?\s*'([^']+)'/g)) {
      if (target.startsWith('.')) targets.push(normalize(join(dirname(file), target)))
      else if (target === 'jose' && !file.startsWith('src/credentials/jwt/'))
        problems.push(`${file}: only src/credentials/jwt/ imports jose`)
    }
    imports.set(file, targets)
  }
}
for (const [file, targets] of imports) for (const target of targets) checkDirection(file, target)
problems.push(...cycles())
const median = lengths.sort((a, b) => a - b)[lengths.length >> 1]
if (median >= MEDIAN_LINES)
  problems.push(`the median file has ${median} lines, and must have less than ${MEDIAN_LINES}`)

function checkDirection(file, target) {
  const from = placeOf(file)
  if (!from || (from === placeOf(target) && isSameAdapter(file, target))) return
  if (MAY_IMPORT[from].some((place) => isIn(place)(target))) return
  problems.push(`${file}: imports ${target}, but ${from} may import only ${MAY_IMPORT[from].join(', ') || 'itself'}`)
}

function isSameAdapter(file, target) {
  return !file.startsWith('adapters/') || file.split('/')[1] === target.split('/')[1]
}

/** One line for every import that closes a cycle, with the whole cycle. */
function cycles() {
  const found = []
  const finished = new Set()
  const visit = (file, path) => {
    const start = path.indexOf(file)
    if (start >= 0) {
      found.push(`${[...path.slice(start), file].join(' → ')}: an import cycle`)
      return
    }
    if (finished.has(file) || !imports.has(file)) return
    for (const target of imports.get(file)) visit(target, [...path, file])
    finished.add(file)
  }
  for (const file of imports.keys()) visit(file, [])
  return found
}

if (problems.length > 0) {
  process.stderr.write(`check-layers: ${problems.length} problem(s)\n${problems.join('\n')}\n`)
  process.exit(1)
}
