import { testConcurrency, testEveryStore, testEveryTopology } from '../../suites/every-store.ts'
import { testHistories } from '../../suites/histories/histories.ts'
import { testWrongClocks } from '../../suites/wrong-clocks.ts'
import { describeWithMongo, emptyCollections, freshName } from '../../support/servers/mongo-target.ts'

describeWithMongo('apps, tokens and sessions on MongoDB', (target, { layout, isNewest }) => {
  // A standalone server differs in no command that an older driver sends.
  if (layout === 'standalone' && !isNewest) return
  const { open } = emptyCollections(target)
  if (!isNewest) return testConcurrency(open)
  if (layout === 'replica set') testEveryTopology(open)
  else testEveryStore(open)
  testWrongClocks(open)
  // One find is not one instant: each of its reads has its own.
  const database = () => ({ mongodb: target().url, collection: freshName() })
  testHistories({ database, lives: 10, oneInstant: false })
})
