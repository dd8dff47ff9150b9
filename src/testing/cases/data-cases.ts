import { conformanceCase } from '../conformance-case.ts'
import { expectEqual, nameOf } from '../expectations.ts'
import { changed, groupOf, record, refOf } from '../sample-records.ts'
import { getOne, insertAll, replaceWith } from '../steps.ts'

// JSON texts. A store that parses and serializes them changes them; one that builds commands from them breaks.
const TEXTS = [
  'null',
  'true',
  '""',
  '0.10',
  '-0',
  '1e400',
  '12345678901234567890',
  '{ "b": 1,\n\t"a": 2, "b": 3 }',
  '{"$where":"sleep(1000)","$ne":null,"$set":{"data":"x"},"a.b":1}',
  '{"__proto__":{"admin":true},"constructor":1}',
  '"\'; DROP TABLE records; --"',
  '"]]..redis.call(\'FLUSHALL\')..[["',
  '"$(id) $1 %s %d {0} #{x} `id`"',
  '"\\u0000 \\ud800 \\u00e9 \\"quoted\\" \\\\ \\/"',
  '"$& $$ $` $1 $<name> \\\\1 \\\\0"',
  ' {"leading": 1}',
  '{"trailing": 1} \t',
  '\n{"lines":\r\n1}\r\n',
  '\ufeff{"mark":1}',
  '"NFC \u00e9 \u1e69"',
  '"NFC e\u0301 s\u0323\u0307"',
  '"NFKC \ufb01 \u2460 \uff21"',
  '"NFKC fi 1 A"',
  '"žluťoučký кот 猫 🐈‍⬛ \u2028\u2029\ufeff\u202e\u0301"',
]
const LARGE_BYTES = 65_536

export const dataCases = [
  conformanceCase(
    'data is never interpreted',
    'data is returned character for character, whatever it contains',
    async ({ open }) => {
      const store = await open()
      const records = TEXTS.map((data) => record({ groups: ['g'], data }))
      await insertAll(store, records)
      const found = await store.get(records.map(refOf))
      const { records: listed } = await store.list(groupOf('g'), { limit: 100 })
      records.forEach((one, n) => {
        expectEqual(`the inserted data of ${nameOf(one)} from get`, found[n]?.data, one.data)
        const inList = listed.find(({ id }) => id === one.id)
        expectEqual(`the inserted data of ${nameOf(one)} from list`, inList?.data, one.data)
      })
      const target = record()
      await insertAll(store, [target])
      let stands = target
      for (const data of TEXTS) {
        stands = await replaceWith(store, stands, changed(stands, { data }))
        expectEqual(`the replaced data of ${nameOf(target)}`, (await getOne(store, target))?.data, data)
      }
    },
  ),
  conformanceCase('data of 64 kB', 'data of 64 kB is returned in full by get and by list', async ({ open }) => {
    const store = await open()
    const letters = record({ groups: ['large'], data: JSON.stringify('x'.repeat(LARGE_BYTES - 2)) })
    const emoji = record({ groups: ['large'], data: JSON.stringify('🐈'.repeat((LARGE_BYTES - 2) / 4)) })
    await insertAll(store, [letters, emoji])
    const found = await store.get([refOf(letters), refOf(emoji)])
    const { records } = await store.list(groupOf('large'), { limit: 10 })
    for (const { id, data } of [letters, emoji]) {
      for (const [by, result] of Object.entries({ get: found, list: records })) {
        const received = result.find((one) => one?.id === id)?.data
        expectEqual(`the length of the data from ${by}`, received?.length, data.length)
        expectEqual(`whether the data from ${by} is the same`, received === data, true)
      }
    }
  }),
]
