import { memoryTarget } from '../../support/memory-target.ts'
import { type BrokenStore, brokenDatabase } from './broken-store.ts'
import { disguised } from './disguise.ts'

const NAMESPACE_LENGTH = 19

export const brokenNames: readonly BrokenStore[] = [
  brokenDatabase(
    'all kinds share one space of ids',
    (inner) =>
      disguised(inner, {
        ref: (ref) => ({ ...ref, kind: 'one' }),
        group: ({ kind, partition, group }) => ({ kind: 'one', partition, group: `${kind} ${group}` }),
      }),
    [
      'get compares the whole ref',
      'gets of one tick',
      'hostile names',
      'names that look alike',
      'names of 200 characters',
      'a condition on an absent record',
      'replace changes one record',
    ],
  ),
  brokenDatabase(
    'a group holds the records of every kind',
    (inner) =>
      disguised(inner, {
        ref: ({ kind, partition, id }) => ({ kind: 'one', partition, id: `${kind} ${id}` }),
        group: (group) => ({ ...group, kind: 'one' }),
      }),
    [
      'lists and counts of one tick',
      'names that look alike',
      'limit counts one group',
      'limits of one tick',
      'list keeps groups apart',
      'count keeps groups apart',
    ],
  ),
  brokenDatabase(
    'names are joined by a hyphen',
    (inner) => {
      const one = { kind: 'one', partition: 'one' }
      return disguised(inner, {
        ref: ({ kind, partition, id }) => ({ ...one, id: `${kind}-${partition}-${id}` }),
        group: ({ kind, partition, group }) => ({ ...one, group: `${kind}-${partition}-${group}` }),
      })
    },
    ['refs that look alike when joined'],
  ),
  brokenDatabase(
    'names are compared without case',
    (inner) =>
      disguised(inner, {
        ref: (ref) => ({ ...ref, id: ref.id.toLowerCase() }),
        group: (group) => ({ ...group, group: group.group.toLowerCase() }),
      }),
    [
      'names that look alike',
      'limit counts one group',
      'list orders ids by bytes',
      'list keeps groups apart',
      'count keeps groups apart',
    ],
  ),
  brokenDatabase(
    'names are cut after 128 characters',
    (inner) =>
      disguised(inner, {
        ref: (ref) => ({ ...ref, id: ref.id.slice(0, 128) }),
        group: (group) => ({ ...group, group: group.group.slice(0, 128) }),
      }),
    ['names of 200 characters'],
  ),
  brokenDatabase(
    'ids are looked up in a plain object',
    (inner) => ({
      ...inner,
      get: async (refs) => (await inner.get(refs)).map((found, n) => found ?? Reflect.get({}, refs[n]?.id ?? '')),
    }),
    ['hostile names'],
  ),
  brokenDatabase(
    'revisions are compared as numbers',
    (inner) => ({
      ...inner,
      replace: async (from, to) => {
        const [stored] = await inner.get([from])
        const alike = stored !== undefined && Number(stored.revision) === Number(from.revision)
        return inner.replace(alike ? { ...from, revision: stored.revision } : from, to)
      },
    }),
    ['revisions that look alike'],
  ),
  {
    defect: 'a namespace is identified by its first letters',
    fails: ['namespaces are separate', 'hints stay in their namespace'],
    target: () => {
      const { open } = memoryTarget()
      return { seed: 7, open: (namespace) => open(namespace.slice(0, NAMESPACE_LENGTH)) }
    },
  },
]
