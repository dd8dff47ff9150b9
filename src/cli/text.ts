/** One result in a line: columns with a tab between them. */
export function row(...columns: readonly string[]): string {
  return columns.join('\t')
}

/** One result in several lines: the name and the value of each member. */
export function fieldLines(result: object): string {
  const shown = Object.entries(result).filter(([, value]) => value !== undefined)
  const width = Math.max(...shown.map(([name]) => name.length))
  return shown.map(([name, value]) => `${name.padEnd(width)}  ${valueText(value)}`).join('\n')
}

function valueText(value: unknown): string {
  if (value instanceof Date) return value.toISOString()
  if (Array.isArray(value)) return value.length === 0 ? '-' : value.map(valueText).join(', ')
  return typeof value === 'object' ? JSON.stringify(value) : String(value)
}
