import { testConcurrency, testEveryStore } from '../../suites/every-store.ts'
import { testHistories } from '../../suites/histories/histories.ts'
import { testWrongClocks } from '../../suites/wrong-clocks.ts'
import { describeWithMongo, emptyCollections, freshName } from '../../support/servers/mongo-target.ts'

describeWithMongo('apps, tokens and sessions on MongoDB', (target, { layout, isNewest }) => {
  const { open } = emptyCollections(target)
  // The commands for a standalone server are the same, so what is left to show there is that they are atomic there, too.
  if (layout !== 'standalone' && isNewest) testEveryStore(open)
  else if (layout !== 'standalone' || isNewest) testConcurrency(open)
  if (!isNewest) return
  testWrongClocks(open)
  // One find is not one instant: each of its reads has its own.
  const database = () => ({ mongodb: target().url, collection: freshName() })
  testHistories({ database, lives: 10, oneInstant: false })
})
