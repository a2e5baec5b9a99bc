/** Keeps the journal in SQLite. */
import { mkdirSync } from 'node:fs'
import { dirname } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { crc32 } from 'node:zlib'
import { decode, encode } from '@msgpack/msgpack'
import { refuseNewerDatabase } from '../../config/database-version.ts'
import { messageOf } from '../../errors/message-of.ts'
import { RippleError, toRippleError } from '../../errors/ripple-error.ts'
import { inTransaction } from '../../files/in-transaction.ts'
import { addNumbers } from './add-numbers.ts'
import type { Journal, JournalBucket, JournalChange, JournalValue } from './port.ts'

type Row = Readonly<Record<string, unknown>>

/**
 * The version of the journal's format. Each change of the format raises it, so that older versions leave the file
 * alone.
 */
const JOURNAL_VERSION = 1

/** A journal on disk, and the lock of the data folder that it lies in. */
export interface SqliteJournal extends Journal, Disposable {}

/**
 * Opens the journal of one data folder. Its first write takes the exclusive lock, which is held until it is disposed or
 * the process dies. A second daemon on the folder gets `RIPPLE_DATA_IN_USE`. A journal of a newer version is
 * `RIPPLE_DATA_NEWER` and stays untouched.
 *
 * A rollback journal with `synchronous=EXTRA` syncs file and folder before a put resolves. Damage is
 * `RIPPLE_JOURNAL_CORRUPT`, found when the journal is opened or the row is read. Each row has a checksum, because
 * SQLite has none.
 */
export function openSqliteJournal(path: string): SqliteJournal {
  refuseNewerDatabase(path, JOURNAL_VERSION)
  mkdirSync(dirname(path), { recursive: true })
  const db = new DatabaseSync(path)
  try {
    db.exec('PRAGMA locking_mode=EXCLUSIVE; PRAGMA journal_mode=DELETE; PRAGMA synchronous=EXTRA;')
    db.exec(
      'CREATE TABLE IF NOT EXISTS journal (bucket TEXT, key TEXT, value BLOB, sum INTEGER, PRIMARY KEY (bucket, key)) STRICT',
    )
    db.exec(`BEGIN EXCLUSIVE; PRAGMA user_version=${JOURNAL_VERSION}; COMMIT`)
    addSums(db)
    refuseDamaged(db)
  } catch (thrown) {
    db.close()
    throw journalError(thrown, path)
  }
  return journalOf(db, path)
}

function journalOf(db: DatabaseSync, path: string): SqliteJournal {
  const put = db.prepare(
    'INSERT INTO journal VALUES (?, ?, ?, ?) ON CONFLICT DO UPDATE SET value = excluded.value, sum = excluded.sum',
  )
  const get = db.prepare('SELECT bucket, key, value, sum FROM journal WHERE bucket = ? AND key = ?')
  const remove = db.prepare('DELETE FROM journal WHERE bucket = ? AND key = ?')
  const list = db.prepare('SELECT bucket, key, value, sum FROM journal WHERE bucket = ? ORDER BY key')
  const beginning = db.prepare(
    'SELECT bucket, key, value, sum FROM journal WHERE bucket = ? AND key >= ? AND key < ? ORDER BY key LIMIT ?',
  )
  const last = db.prepare(
    'SELECT bucket, key, value, sum FROM journal WHERE bucket = ? ORDER BY key DESC LIMIT ?',
  )
  const guarded = <T>(work: () => T): T => {
    try {
      return work()
    } catch (thrown) {
      throw journalError(thrown, path)
    }
  }
  const read = (rows: readonly Row[]): Array<[string, JournalValue]> =>
    rows.map((row) => [String(row.key), valueIn(row, path)])
  const write = (bucket: JournalBucket, key: string, bytes: Uint8Array) =>
    put.run(bucket, key, bytes, sumOf(bucket, key, bytes))
  const make = (change: JournalChange): void => {
    const { bucket, key } = change
    if (change.type === 'delete') remove.run(bucket, key)
    else if (change.type === 'put') write(bucket, key, encode(change.value))
    else {
      const row = get.get(bucket, key)
      write(bucket, key, encode(addNumbers(row ? valueIn(row, path) : null, change.value)))
    }
  }
  return {
    put: async (bucket: JournalBucket, key: string, value: JournalValue) => {
      const bytes = encode(value)
      guarded(() => write(bucket, key, bytes))
    },
    get: async (bucket: JournalBucket, key: string) => {
      const row = guarded(() => get.get(bucket, key))
      return row ? valueIn(row, path) : null
    },
    delete: async (bucket: JournalBucket, key: string) => {
      guarded(() => remove.run(bucket, key))
    },
    batch: async (changes: readonly JournalChange[]) =>
      guarded(() =>
        inTransaction(db, () => {
          for (const one of changes) make(one)
        }),
      ),
    entries: async (bucket: JournalBucket) => guarded(() => read(list.all(bucket))),
    // No key has a character after U+10FFFF, the last one.
    beginning: async (bucket: JournalBucket, prefix: string, most: number) =>
      guarded(() => read(beginning.all(bucket, prefix, `${prefix}\u{10ffff}`, most))),
    last: async (bucket: JournalBucket, most: number) => guarded(() => read(last.all(bucket, most))),
    [Symbol.dispose]: () => db.close(),
  }
}

function valueIn(row: Row, path: string): JournalValue {
  const { bucket, key, value, sum } = row
  if (!(value instanceof Uint8Array)) return null
  if (sum !== null && sum !== sumOf(String(bucket), String(key), value))
    throw new RippleError('RIPPLE_JOURNAL_CORRUPT', { file: path, detail: `the entry '${key}' has changed` })
  return decodeValue(value)
}

function sumOf(bucket: string, key: string, value: Uint8Array): number {
  return crc32(value, crc32(`${bucket}\n${key}\n`))
}

/** Adds the column of checksums to a journal of an older version. Its rows get theirs when they are next written. */
function addSums(db: DatabaseSync): void {
  const columns = db.prepare('PRAGMA table_info(journal)').all()
  if (!columns.some(({ name }) => name === 'sum')) db.exec('ALTER TABLE journal ADD COLUMN sum INTEGER')
}

/** Throws, with SQLite's code for damage, when pages or index do not fit each other. */
function refuseDamaged(db: DatabaseSync): void {
  const [found] = db.prepare('PRAGMA integrity_check(1)').all()
  const detail = String(found?.integrity_check ?? '')
  if (detail !== 'ok') throw Object.assign(new TypeError(detail), { errcode: sqliteCodes.corrupt })
}

/** SQLite's result codes that mean something to a person. */
const sqliteCodes = { busy: 5, full: 13, notADatabase: 26, corrupt: 11 } as const

function journalError(thrown: unknown, path: string): RippleError {
  const code = (thrown as { errcode?: number }).errcode ?? 0
  if ((code & 0xff) === sqliteCodes.busy)
    return new RippleError('RIPPLE_DATA_IN_USE', { data: dirname(path) }, { cause: thrown })
  if ((code & 0xff) === sqliteCodes.full)
    return new RippleError('RIPPLE_DISK_FULL', { path }, { cause: thrown })
  if ((code & 0xff) === sqliteCodes.notADatabase || (code & 0xff) === sqliteCodes.corrupt) {
    const detail = messageOf(thrown)
    return new RippleError('RIPPLE_JOURNAL_CORRUPT', { file: path, detail }, { cause: thrown })
  }
  return toRippleError(thrown)
}

function decodeValue(bytes: Uint8Array): JournalValue {
  return decode(bytes) as JournalValue
}
