/** The part of a list that is asked for. A limit that is no decimal number is left to be refused as any wrong one. */
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
