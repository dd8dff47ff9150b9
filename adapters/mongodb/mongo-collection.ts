/** A `Db` of the driver `mongodb` 6 or 7, or of a compatible one. */
export interface MongoDb {
  collection(name: string, options?: object): object
  command(command: object, options?: object): Promise<object>
}

/** What the store uses of a driver's collection. */
export interface MongoCollection {
  find<Found>(filter: object, options: object): { toArray(): Promise<Found[]> }
  countDocuments(filter: object, options: object): Promise<number>
  insertOne(document: object, options: object): Promise<unknown>
  insertMany(documents: readonly object[], options: object): Promise<unknown>
  updateOne(filter: object, update: readonly object[], options: object): Promise<{ readonly matchedCount: number }>
  createIndexes(indexes: readonly object[]): Promise<unknown>
  indexes(): Promise<object[]>
  options(): Promise<object>
  watch<Change>(pipeline: readonly object[], options: object): ChangeStream<Change>
}

/** What the store uses of a driver's change stream. */
export interface ChangeStream<Change> {
  next(): Promise<Change>
  close(): Promise<void>
}

/** Numbers and dates come back as JavaScript's, whatever the client was made with. */
export const PLAIN_VALUES = {
  raw: false,
  useBigInt64: false,
  promoteLongs: true,
  promoteValues: true,
  promoteBuffers: false,
  bsonRegExp: false,
  fieldsAsRaw: {},
} as const

/** Ends on the server what core has long given up: core's own deadline is shorter by default. */
export const MAX_TIME_MS = 10_000

/** Opens the collection so that no option of the client or its connection string weakens what the store promises. */
export function openCollection(db: MongoDb, name: string): MongoCollection {
  return db.collection(name, {
    ...PLAIN_VALUES,
    readPreference: 'primary',
    // Not 'majority': a new primary has every write that was ever acknowledged, but it learns late that a majority has it too,
    // and until then would answer with what stood before a revocation.
    readConcern: { level: 'local' },
    // The journal matters on a standalone server, where a majority of one acknowledges from memory.
    writeConcern: { w: 'majority', journal: true },
  }) as MongoCollection
}
