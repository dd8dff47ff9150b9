// An audit log that survives a crash: each event is on disk before its call resolves, and is delivered at least once.
import { fork } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import * as fs from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type AppGrant, createAppGrant } from 'appgrant'
import { memoryStore } from 'appgrant/memory'

/** Appends every event to the outbox, a file with one JSON text a line. */
function recordEvents({ events }: AppGrant, outbox: string): void {
  const file = fs.openSync(outbox, 'a', 0o600)
  const append = (text: string) => {
    fs.appendFileSync(file, text)
    fs.fsyncSync(file)
  }
  // Ends a line that an earlier crash cut short.
  append('\n')
  // Listeners are synchronous, so the line is on disk when the caller gets its result. By `id` the receiver drops repeats.
  const record = (type: string, event: object) => append(`${JSON.stringify({ id: randomUUID(), type, ...event })}\n`)
  for (const type of ['app', 'token', 'install', 'refused'] as const) events.on(type, (event) => record(type, event))
  // An error has no JSON of its own.
  events.on('outage', ({ cause, ...event }) => record('outage', { ...event, cause: String(cause) }))
}

/** Delivers what is new in the outbox, in order, and then stores how far it came. */
async function deliver(outbox: string, send: (line: string) => Promise<void>): Promise<void> {
  const mark = `${outbox}.delivered`
  const start = fs.existsSync(mark) ? Number(fs.readFileSync(mark, 'utf8')) : 0
  const added = fs.readFileSync(outbox).subarray(start)
  const complete = added.subarray(0, added.lastIndexOf('\n') + 1)
  for (const line of complete.toString().split('\n')) if (isComplete(line)) await send(line)
  fs.writeFileSync(`${mark}.new`, String(start + complete.length), { flush: true })
  fs.renameSync(`${mark}.new`, mark)
}

function isComplete(line: string): boolean {
  try {
    return typeof JSON.parse(line) === 'object'
  } catch {
    return false
  }
}

/** A host that crashes in the middle of its work. */
async function crashingHost(outbox: string): Promise<void> {
  const appgrant = createAppGrant({ store: memoryStore() })
  recordEvents(appgrant, outbox)
  const fields = { owner: 'org-7', name: 'Reports', homepage: 'https://a.example/', adminEmail: 'ops@a.example' }
  const { app } = await appgrant.apps.register({ ...fields, trusted: true })
  const wrong = { key: app.key, secret: 'guessed', remoteAddress: '192.0.2.66', userAgent: 'curl/8' }
  await appgrant.authorizer.clientCredentials(wrong).catch(() => {})
  await appgrant.asHost({ login: 'ann' }).apps.suspend(app.key)
  // The parent ends this process before it can do anything else.
  process.send?.('suspended')
}

const [, , given] = process.argv
if (given === undefined) {
  const outbox = join(fs.mkdtempSync(join(tmpdir(), 'appgrant-audit-')), 'outbox')
  const host = fork(fileURLToPath(import.meta.url), [outbox])
  await once(host, 'message')
  host[Symbol.dispose]()
  const [, signal] = await once(host, 'exit')
  console.log(`the host was ended by ${signal}`)
  // To your log server, where this prints.
  const send = async (line: string) => {
    const { type, change, reason, remoteAddress, by } = JSON.parse(line)
    console.log([type, change ?? reason, remoteAddress ?? by.login ?? 'host'].join(' '))
  }
  await deliver(outbox, send)
  await deliver(outbox, send)
  fs.rmSync(dirname(outbox), { recursive: true })
} else await crashingHost(given)
