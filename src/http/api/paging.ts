/** The requested page of a list. A limit that is not a decimal number becomes NaN, which the core rejects. */
export function pageOf(query: Readonly<Record<string, string>>): {
  readonly cursor?: string
  readonly limit?: number
} {
  const { cursor, limit } = query
  return {
    ...(cursor !== undefined && { cursor }),
    ...(limit !== undefined && { limit: /^\d{1,9}$/.test(limit) ? Number(limit) : Number.NaN }),
  }
}
