import { it } from 'vitest'
import { conformance } from '../../../src/testing/index.ts'
import { DRIVERS, describeWithPostgres } from '../../support/servers/postgres-target.ts'

describeWithPostgres(
  'postgresStore passes the conformance kit',
  (target) => {
    for (const { name, rule, run } of conformance)
      it(`${name}: ${rule}`, () => run({ open: (namespace) => target().preparedStore(namespace) }))
  },
  DRIVERS,
)
