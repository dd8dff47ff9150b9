// Lives the model's lives of a seed, each on a file of its own, and prints their log as JSON. Arguments: driver, folder, lives, seed.
import { type Lives, lifecyclesOf } from '../../suites/lifecycles.ts'
import { placeIn } from './place.ts'

const [, , driver = '', folder = '', lives = '', seed = ''] = process.argv

const log = await lifecyclesOf(lives as Lives, Number(seed), async () => {
  const place = placeIn(folder, driver)
  const store = place.store(place.path())
  return { ...store, close: () => place.close() }
})
process.stdout.write(`${JSON.stringify(log)}\n`)
