/** Dates and numbers as one reader writes them. */
export interface Formats {
  /** Whether dates are in the zone that the viewer has. If not, they are in UTC. */
  readonly hasZone: boolean
  date(at: Date): string
  dateAndTime(at: Date): string
  /** A day in UTC, such as `2026-11-26`. It has no time of day, so no zone moves it. */
  utcDay(on: string): string
  /** How far `at` is from `now`, e.g. "in 52 minutes". */
  distance(at: Date, now: Date): string
  number(count: number): string
}

// A formatter takes 60 times as long to make as to use. Locale and zone come from the host's users: the number kept is bounded.
const MAX_KEPT = 50

/** Makes formats, and keeps those used last. */
export function createFormats(): (locale: string, timeZone: string | undefined) => Formats {
  const kept = new Map<string, Formats>()
  return (locale, timeZone) => {
    const name = `${locale} ${timeZone ?? ''}`
    const formats = kept.get(name) ?? formatsOf(locale, timeZone)
    kept.delete(name)
    kept.set(name, formats)
    const [oldest] = kept.keys()
    if (kept.size > MAX_KEPT && oldest !== undefined) kept.delete(oldest)
    return formats
  }
}

const UNITS = [
  ['day', 86_400_000],
  ['hour', 3_600_000],
  ['minute', 60_000],
  ['second', 1000],
] as const

function formatsOf(locale: string, asked: string | undefined): Formats {
  const hasZone = asked !== undefined && isTimeZone(asked)
  const timeZone = hasZone ? asked : 'UTC'
  const date = new Intl.DateTimeFormat(locale, { dateStyle: 'medium', timeZone })
  const dateAndTime = new Intl.DateTimeFormat(locale, { dateStyle: 'medium', timeStyle: 'short', timeZone })
  const utcDate = new Intl.DateTimeFormat(locale, { dateStyle: 'medium', timeZone: 'UTC' })
  const relative = new Intl.RelativeTimeFormat(locale)
  const number = new Intl.NumberFormat(locale)
  return {
    hasZone,
    date: (at) => date.format(at),
    dateAndTime: (at) => dateAndTime.format(at),
    utcDay: (on) => utcDate.format(new Date(on)),
    distance(at, now) {
      const ms = at.getTime() - now.getTime()
      const [unit, size] = UNITS.find(([, length]) => Math.abs(ms) >= length) ?? (['second', 1000] as const)
      return relative.format(Math.trunc(ms / size), unit)
    },
    number: (count) => number.format(count),
  }
}

/** False for a zone that this version of Node does not know yet: a page in UTC is better than none. */
function isTimeZone(timeZone: string): boolean {
  try {
    return Boolean(new Intl.DateTimeFormat('en', { timeZone }))
  } catch {
    return false
  }
}
