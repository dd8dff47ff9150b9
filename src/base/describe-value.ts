/** The value of a property that threw when it was read. */
export const UNREADABLE = Symbol('unreadable')

/**
 * Describes a value for an error: by its type only, because rendering it could run its code, or show a secret.
 *
 * @param shown - how a text is shown; numbers are then shown too. By default, neither is.
 */
export function describeValue(value: unknown, shown?: (text: string) => string): string {
  if (value === UNREADABLE) return 'a value that cannot be read'
  if (value === undefined) return 'nothing'
  if (value === null || typeof value === 'boolean') return String(value)
  if (typeof value === 'string') return shown ? shown(value) : `a string of ${value.length} characters`
  if (typeof value === 'number') return shown ? String(value) : 'a number'
  if (isList(value)) return isEmpty(value) ? 'an empty array' : 'an array'
  return typeof value === 'object' ? 'an object' : `a ${typeof value}`
}

function isEmpty(list: readonly unknown[]): boolean {
  try {
    return list.length === 0
  } catch {
    return false
  }
}

/** Whether `value` is an array. For a revoked proxy, which makes `Array.isArray` throw, it returns false. */
export function isList(value: unknown): value is readonly unknown[] {
  try {
    return Array.isArray(value)
  } catch {
    return false
  }
}
