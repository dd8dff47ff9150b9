// Two nodes on PostgreSQL. `DATABASE_URL=postgres://127.0.0.1/postgres npx tsx postgres.ts`; see docs/postgres.md.
import { postgresStore } from 'appgrant/postgres'
import { Client } from 'pg'
import { twoNodes } from './two-nodes.ts'

const connectionString = process.env.DATABASE_URL ?? 'postgres://127.0.0.1/postgres'

await twoNodes(async () => {
  // The store opens connections of its own with this function, and closes them.
  const store = postgresStore({ client: () => new Client({ connectionString }), table: 'appgrant_example' })
  // Creates the table. Warns of settings that weaken what the store guarantees.
  await store.prepare()
  return store
})
