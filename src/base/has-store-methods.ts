const METHODS = ['get', 'insert', 'replace', 'list', 'count', 'close'] as const

/** Whether a value has the methods that every store has. */
export function hasStoreMethods(value: unknown): boolean {
  return METHODS.every(
    (method) => typeof (value as Readonly<Record<string, unknown>> | null | undefined)?.[method] === 'function',
  )
}
