// Two nodes on MongoDB. `MONGODB_URL=mongodb://127.0.0.1:27017 npx tsx mongodb.ts`; see docs/mongodb.md.
import { mongoStore } from 'appgrant/mongodb'
import { MongoClient } from 'mongodb'
import { twoNodes } from './two-nodes.ts'

const client = new MongoClient(process.env.MONGODB_URL ?? 'mongodb://127.0.0.1:27017')

await twoNodes(async () => {
  const store = mongoStore({ db: client.db('appgrant-example') })
  // Creates the indexes. Warns if the server is standalone.
  await store.prepare()
  return store
})
// The client is the application's, so the store does not close it.
await client.close()
