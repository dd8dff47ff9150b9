/** The requested page of a list. A limit that is not a decimal number becomes NaN, which the core rejects. */
export function pageOf({ cursor, limit }: Readonly<Record<string, string>>): {
  readonly cursor: string | undefined
  readonly limit?: number
} {
  if (limit === undefined) return { cursor }
  return { cursor, limit: /^\d{1,9}$/.test(limit) ? Number(limit) : Number.NaN }
}
