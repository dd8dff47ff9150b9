import { connect, createServer, type Socket } from 'node:net'

/** A proxy in front of a server that misbehaves on demand. */
export interface TcpProxy {
  readonly address: { readonly host: string; readonly port: number }
  /** Holds back what one side sends until the returned function is called. */
  hold(side: 'requests' | 'replies'): () => void
  /** From now on, ends each connection instead of passing on the n-th chunk that the server sends on it. */
  cutAtReply(next: () => number): void
  /** Drops everything on the existing connections without ending them. New ones are served. */
  silence(): void
  /** Behaves again, on new connections: what it held is lost with the old ones. */
  heal(): void
  close(): Promise<void>
}

export async function startProxy(target: { readonly host: string; readonly port: number }): Promise<TcpProxy> {
  const sockets = new Set<Socket>()
  const held = { requests: false, replies: false }
  const waiting = { requests: [] as (() => void)[], replies: [] as (() => void)[] }
  let cutAt: (() => number) | undefined

  const silent = new WeakSet<Socket>()
  const pass = (side: 'requests' | 'replies', to: Socket, data: Buffer) => {
    const write = () => void (to.destroyed || silent.has(to) || to.write(data))
    if (held[side]) waiting[side].push(write)
    else write()
  }
  const server = createServer((client) => {
    const upstream = connect(target.port, target.host)
    let left = cutAt?.() ?? Number.POSITIVE_INFINITY
    for (const [socket, other] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      sockets.add(socket)
      socket.setNoDelay(true)
      socket.on('error', () => {})
      socket.on('close', () => {
        sockets.delete(socket)
        other.destroy()
      })
    }
    client.on('data', (data) => pass('requests', upstream, data))
    upstream.on('data', (data) => {
      left--
      if (left > 0) pass('replies', client, data)
      else client.destroy()
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as { port: number }
  return {
    address: { host: '127.0.0.1', port },
    hold(side) {
      held[side] = true
      return () => {
        held[side] = false
        for (const write of waiting[side].splice(0)) write()
      }
    },
    cutAtReply(next) {
      cutAt = next
      for (const socket of sockets) socket.destroy()
    },
    silence() {
      for (const socket of sockets) silent.add(socket)
    },
    heal() {
      cutAt = undefined
      for (const side of ['requests', 'replies'] as const) {
        held[side] = false
        waiting[side] = []
      }
      for (const socket of sockets) socket.destroy()
    },
    async close() {
      for (const socket of sockets) socket.destroy()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}
