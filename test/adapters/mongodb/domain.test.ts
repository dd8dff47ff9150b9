import { testConcurrency, testEveryStore } from '../../suites/every-store.ts'
import { testHistories } from '../../suites/histories/histories.ts'
import { testWrongClocks } from '../../suites/wrong-clocks.ts'
import {
  DRIVERS,
  describeWithMongo,
  emptyCollections,
  freshName,
  ONE_MEMBER,
} from '../../support/servers/mongo-target.ts'

const TITLE = 'apps, tokens and sessions on MongoDB'

describeWithMongo(TITLE, (target) => testEveryStore(emptyCollections(target).open), DRIVERS.slice(0, 1), [ONE_MEMBER])

// The commands are the same everywhere, so what is left to show is that they are atomic there, too.
describeWithMongo(TITLE, (target, { layout, isNewest }) => {
  const { open } = emptyCollections(target)
  if (layout !== 'standalone' || isNewest) testConcurrency(open)
  if (!isNewest) return
  testWrongClocks(open)
  // One find is not one instant: each of its reads has its own.
  const database = () => ({ mongodb: target().url, collection: freshName() })
  testHistories({ database, lives: 10, oneInstant: false })
})
