import { createDeadline } from './deadline.ts'

const DELAY_MS = 10_000
/** What a task keeps alive is small; further ones are forgotten. */
const MAX_TASKS = 10_000
const AT_ONCE = 20

/** Work that no caller waits for. What fails, or is not done when the process ends, is not done. */
export interface Background {
  /** Does the task some seconds later, unless one of that name is already waiting. */
  add(name: string, task: () => Promise<unknown>): void
  /** Does what is waiting now. Resolves when that is done, or after `timeoutMs`. */
  close(): Promise<void>
}

export function createBackground({ timeoutMs }: { readonly timeoutMs: number }): Background {
  const withinDeadline = createDeadline(timeoutMs)
  const waiting = new Map<string, () => Promise<unknown>>()
  let timer: NodeJS.Timeout | undefined
  let running: Promise<void> | undefined

  const work = async () => {
    while (waiting.size > 0) {
      const tasks = [...waiting].slice(0, AT_ONCE)
      for (const [name] of tasks) waiting.delete(name)
      await Promise.allSettled(tasks.map(([, task]) => task()))
    }
  }
  const start = () => {
    timer = undefined
    if (running || waiting.size === 0) return
    running = work().finally(() => {
      running = undefined
      arm()
    })
  }
  const arm = () => {
    if (timer || running || waiting.size === 0) return
    timer = setTimeout(start, DELAY_MS)
    // It must not keep the process alive.
    timer.unref()
  }

  return {
    add(name, task) {
      if (waiting.size >= MAX_TASKS || waiting.has(name)) return
      waiting.set(name, task)
      arm()
    },
    async close() {
      clearTimeout(timer)
      start()
      await withinDeadline(
        async () => running,
        () => undefined,
      ).catch(() => undefined)
    },
  }
}
