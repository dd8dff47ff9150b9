/** What {@link timeInput} accepts, in words. */
export const TIME = 'a Date, or a text such as 2026-11-26T09:30:00Z'
const ISO = /^\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d(\.\d{1,9})?)?(Z|[+-]\d\d:?\d\d))?$/

/** A time of another system in ms since 1970; undefined if it is none. A text without a time zone is a date in UTC. */
export function timeInput(value: unknown): number | undefined {
  const time =
    value instanceof Date ? value.getTime() : typeof value === 'string' && ISO.test(value) && Date.parse(value)
  return typeof time === 'number' && time > 0 && time < MAX ? time : undefined
}

/** The year 9999 has begun: in what another system has stored, that means never. */
const MAX = Date.UTC(9999, 0)
