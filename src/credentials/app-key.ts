import { hash } from 'node:crypto'
import { macOf } from './digest.ts'
import type { RandomText } from './random.ts'

/** Length of an app's key and of its secrets, in characters. */
export const KEY_LENGTH = 32

// One label for every 64 of Redis Cluster's 16384 hash slots, each near the middle of its range, so that the labels, and
// with them the owners, are spread evenly over any number of masters.
const LABELS =
  '4Lbl4HLD9tAxX7z1BJPb6hNd07CXOv7zOI7EaaCg6WE8BuCoMi5e9KAG4wRyK68Y3AKMYaeezq2SzuXs1aImECyGxQ0sxUZSfhDnVB0L1ZgzkTIRdHFNTb2l3zeZ' +
  'itKrQh7faBCD6tPzI5k3SH5F9hAd4TRZ4P8zne8EnaLg24J8MuosBiNClANGOQmWOUmSfKDMHcjeks60kwIqdkFmJChEiSeyiWKQ3bUlYBeFo32po7M11BWL1Fgf' +
  'fp0PftDrbn4NLF4JAz9vz3X5NbBHNf6jCZ057xOt7GOKCeacNY6UCmBw5gMkAE9ILy4u38K4KO3CegYcc8zsXqzwIo1cyEEA0qxSZQxWDlfj0NHBgx1XIPkVFLdJ' +
  '2nJbeX3xKpiv7dQjCFQnPx6vk1I75DSJAf9jRX4V8x4R8GngLencT826oqMwNABkNElCCyOSmQOWDOfIjgHa62kqIskuFodihGJAKWiQKSiUUnwheDGB2ro1M3o5' +
  'WNuHgdEb0RfrDpfv'

export const PARTITIONS: readonly string[] = LABELS.match(/../g) ?? []

const KNOWN = new Set(PARTITIONS)

/** The partition of an account. Its apps and all records that belong to them are stored there. */
export function partitionOf(account: string): string {
  return PARTITIONS[hash('sha256', account, 'buffer')[0] as number] as string
}

/** The partition encoded in an app's key. */
export function partitionOfKey(key: string): string {
  return key.slice(0, 2)
}

/** Creates the key of an app of `owner`: the partition, then 30 random characters. */
export function createKey(owner: string, random: RandomText): string {
  return partitionOf(owner) + random(KEY_LENGTH - 2)
}

/**
 * The key of the app that an owner registers only once, under a text that it has chosen. The text is the key of the HMAC, so the
 * app's key can be guessed no better than the text, and no other owner, nor one of another epoch, gets the same key.
 */
export function keyOnce(of: {
  readonly owner: string
  readonly epoch: string | undefined
  readonly once: string
}): string {
  const { owner, epoch, once } = of
  return partitionOf(owner) + macOf(once, KEY_LENGTH - 2, 'app', owner, ...(epoch === undefined ? [] : [epoch]))
}

/**
 * The key of an app that is imported, so that importing it again leads to the same app: one that it may keep, or else one that is
 * derived from it.
 */
export function keyOfImported({
  owner,
  importedKey,
}: {
  readonly owner: string
  readonly importedKey: string
}): string {
  if (isKey(importedKey) && partitionOfKey(importedKey) === partitionOf(owner)) return importedKey
  return partitionOf(owner) + macOf(importedKey, KEY_LENGTH - 2, 'imported', owner)
}

/** Whether the text has the format of an app's key. */
export function isKey(text: string): boolean {
  return text.length === KEY_LENGTH && /^[A-Za-z0-9]+$/.test(text) && KNOWN.has(partitionOfKey(text))
}
