/**
 * The end of what never ends, in ms since 1970: the last second of the year 9999. A real time needs no other column, index or
 * comparison in any store.
 */
export const NEVER = Date.UTC(9999, 11, 31, 23, 59, 59)
