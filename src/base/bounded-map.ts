/** Values by name, of which the map forgets some so that what it holds stays bounded in memory. */
export interface BoundedMap<Value> {
  get(name: string): Value | undefined
  /** Takes the place of what the name had. */
  set(name: string, value: Value, weight: Weight): void
  /** Sets the value only if the name has none, and returns whether that was so. Using a name in this way does not keep it. */
  add(name: string, value: Value, weight: Weight): boolean
  delete(name: string): void
  /** Deletes every value with that tag. */
  deleteTagged(tag: string): void
}

/** `bytes`: about how much the value keeps alive. `tags`: what else it can be deleted by. */
interface Weight {
  readonly bytes: number
  readonly tags?: readonly string[]
}

/** How much a map may hold, and for how long. */
export interface BoundedMapOptions {
  readonly maxBytes: number
  /**
   * When an unused value is of no use any more, by a clock that never goes back: it is forgotten before it is three times as old,
   * even if the map is not used again. Default is never.
   */
  readonly age?: { readonly maxMs: number; readonly clock: () => number }
}

interface Entry<Value> {
  readonly value: Value
  readonly bytes: number
  readonly tags: readonly string[]
}

interface Generation<Value> {
  readonly entries: Map<string, Entry<Value>>
  readonly tagged: Map<string, Set<string>>
  bytes: number
}

const NO_TAGS: readonly string[] = []

/**
 * Two generations of at most half of the bytes each. When the newer one is full or old it takes the place of the older one, whose
 * values are forgotten together with their tags; what is used moves to the newer one. Deleting the oldest entry of a single Map one
 * by one would walk over all that were deleted before.
 */
export function createBoundedMap<Value>(options: BoundedMapOptions): BoundedMap<Value> {
  const { maxMs, clock } = options.age ?? { maxMs: Number.POSITIVE_INFINITY, clock: () => 0 }
  const half = options.maxBytes / 2
  let newer = emptyGeneration<Value>()
  let older = emptyGeneration<Value>()
  let startedAt = clock()

  const rotate = () => {
    older = newer
    newer = emptyGeneration()
  }
  const forgetOld = (isFull = false) => {
    const age = clock() - startedAt
    if (age < maxMs && !isFull) return
    rotate()
    if (age >= 2 * maxMs) rotate()
    startedAt = clock()
  }
  let timer: NodeJS.Timeout | undefined
  const look = () => {
    timer = undefined
    forgetOld()
    if (newer.entries.size + older.entries.size > 0) lookLater()
  }
  const lookLater = () => {
    if (!options.age || timer) return
    timer = setTimeout(look, maxMs)
    timer.unref()
  }
  const put = (name: string, entry: Entry<Value>) => {
    if (entry.bytes > half) return
    forgetOld(newer.bytes + entry.bytes > half)
    lookLater()
    newer.entries.set(name, entry)
    newer.bytes += entry.bytes
    for (const tag of entry.tags) {
      const names = newer.tagged.get(tag)
      if (names) names.add(name)
      else newer.tagged.set(tag, new Set([name]))
    }
  }
  const remove = (generation: Generation<Value>, name: string) => {
    const entry = generation.entries.get(name)
    if (!entry) return undefined
    generation.entries.delete(name)
    generation.bytes -= entry.bytes
    for (const tag of entry.tags) {
      const names = generation.tagged.get(tag)
      names?.delete(name)
      if (names?.size === 0) generation.tagged.delete(tag)
    }
    return entry
  }

  return {
    get(name) {
      const recent = newer.entries.get(name)
      if (recent) return recent.value
      const entry = remove(older, name)
      if (entry) put(name, entry)
      return entry?.value
    },
    set(name, value, { bytes, tags = NO_TAGS }) {
      remove(newer, name)
      remove(older, name)
      put(name, { value, bytes, tags })
    },
    add(name, value, { bytes, tags = NO_TAGS }) {
      if (newer.entries.has(name) || older.entries.has(name)) return false
      put(name, { value, bytes, tags })
      return true
    },
    delete(name) {
      remove(newer, name)
      remove(older, name)
    },
    deleteTagged(tag) {
      for (const generation of [newer, older])
        for (const name of generation.tagged.get(tag) ?? []) remove(generation, name)
    },
  }
}

function emptyGeneration<Value>(): Generation<Value> {
  return { entries: new Map(), tagged: new Map(), bytes: 0 }
}
