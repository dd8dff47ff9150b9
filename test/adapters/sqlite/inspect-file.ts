// Prints whether the file is sound and the lists contain exactly what the records say. Argument: path.
import { openDriver } from '../../../adapters/sqlite/driver.ts'

const [, , path = ''] = process.argv
const driver = openDriver(path)
const members = new Set(
  driver
    .query('SELECT list, position, id FROM member')()
    .map((row) => row.join(' ')),
)
let missingMembers = 0
for (const [key, position, groups] of driver.query('SELECT key, position, groups FROM record')()) {
  const [partition, kind, id] = `${key}`.split(' ')
  for (const group of `${groups}`.split(' ').filter((word) => word !== ''))
    if (!members.delete(`${partition} ${kind} ${group} ${position} ${id}`)) missingMembers++
}
const integrity = driver.query('PRAGMA integrity_check')().flat().join('; ')
process.stdout.write(`${JSON.stringify({ integrity, strayMembers: members.size, missingMembers })}\n`)
driver.close()
