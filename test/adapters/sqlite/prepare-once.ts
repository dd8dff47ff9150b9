// Prepares a store on a path and prints how that ended as JSON. Works as a CommonJS bundle. Argument: path.
import { sqliteStore } from '../../../adapters/sqlite/sqlite-store.ts'

const [, , path = ''] = process.argv

async function prepareOnce(): Promise<object> {
  const store = sqliteStore(path)
  try {
    await store.prepare()
    return { prepared: true }
  } catch (error) {
    const { code, message, hint } = error as { code?: string; message: string; hint?: string }
    return { code, message, hint }
  } finally {
    await store.close()
  }
}

void prepareOnce().then((outcome) => process.stdout.write(`${JSON.stringify(outcome)}\n`))
