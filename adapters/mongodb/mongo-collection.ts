/** A `Db` of the driver `mongodb` 6 or 7, or of a compatible one. */
export interface MongoDb {
  /** Returns a collection with options of its own. */
  collection(name: string, options?: object): object
  /** Runs a command on the database. */
  command(command: object, options?: object): Promise<object>
}

/** The part of a driver's collection that the store uses. */
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

/** The part of a driver's change stream that the store uses. */
export interface ChangeStream<Change> {
  next(): Promise<Change>
  close(): Promise<void>
}

/** Makes the driver return JavaScript numbers and dates, whatever options the client was created with. */
export const PLAIN_VALUES = {
  raw: false,
  useBigInt64: false,
  promoteLongs: true,
  promoteValues: true,
  promoteBuffers: false,
  bsonRegExp: false,
  fieldsAsRaw: {},
} as const

/** Stops commands on the server that core has given up on: core's own deadline is shorter by default. */
export const MAX_TIME_MS = 10_000

/** Opens the collection with settings that no option of the client or its connection string can weaken. */
export function openCollection(db: MongoDb, name: string): MongoCollection {
  return db.collection(name, {
    ...PLAIN_VALUES,
    readPreference: 'primary',
    // Not 'majority': a new primary has every acknowledged write, but learns only later that a majority has it too.
    // Until then 'majority' would return the state before a revocation.
    readConcern: { level: 'local' },
    // The journal matters on a standalone server, where a majority of one acknowledges from memory.
    writeConcern: { w: 'majority', journal: true },
  }) as MongoCollection
}
