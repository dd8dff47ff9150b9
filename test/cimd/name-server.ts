import { createSocket } from 'node:dgram'
import { once } from 'node:events'

type Type = 'A' | 'AAAA'

/** What the server answers: addresses in their longest form for IPv6, none if the name has none, undefined if it does not respond. */
export type Answer = (name: string, type: Type) => readonly string[] | undefined

const TYPES = new Map<number, Type>([
  [1, 'A'],
  [28, 'AAAA'],
])

/** A name server on this machine, of which every answer is used once (TTL 0). */
export async function nameServer(answer: Answer) {
  const asked: string[] = []
  const socket = createSocket('udp4')
  socket.on('message', (query, { port, address }) => {
    const { name, end } = questionOf(query)
    const type = TYPES.get(query.readUInt16BE(end))
    const found = type && answer(name, type)
    asked.push(`${type} ${name}`)
    if (!found) return
    const header = Buffer.from(query.subarray(0, 12))
    header.writeUInt16BE(0x8180, 2)
    header.writeUInt16BE(found.length, 6)
    header.writeUInt32BE(0, 8)
    const records = found.map((one) => recordOf(type === 'A' ? ipv4(one) : ipv6(one), query.readUInt16BE(end)))
    socket.send(Buffer.concat([header, query.subarray(12, end + 4), ...records]), port, address)
  })
  socket.bind(0, '127.0.0.1')
  await once(socket, 'listening')
  return {
    address: `127.0.0.1:${socket.address().port}`,
    asked,
    close: () => new Promise<void>((done) => socket.close(() => done())),
  }
}

function questionOf(query: Buffer) {
  const labels: string[] = []
  let at = 12
  for (let length = query[at] ?? 0; length > 0; length = query[at] ?? 0) {
    labels.push(query.toString('latin1', at + 1, at + 1 + length))
    at += 1 + length
  }
  return { name: labels.join('.'), end: at + 1 }
}

function recordOf(data: Buffer, type: number): Buffer {
  const head = Buffer.alloc(12)
  // The name of the question, the type, class IN, a TTL of 0.
  head.writeUInt16BE(0xc00c, 0)
  head.writeUInt16BE(type, 2)
  head.writeUInt16BE(1, 4)
  head.writeUInt16BE(data.length, 10)
  return Buffer.concat([head, data])
}

function ipv4(address: string): Buffer {
  return Buffer.from(address.split('.').map(Number))
}

function ipv6(address: string): Buffer {
  const [before = '', after] = address.split('::')
  const groups = (text = '') => text.split(':').filter((group) => group !== '')
  const missing = after === undefined ? 0 : 8 - groups(before).length - groups(after).length
  const all = [...groups(before), ...new Array<string>(missing).fill('0'), ...groups(after)]
  return Buffer.from(all.map((group) => group.padStart(4, '0')).join(''), 'hex')
}
