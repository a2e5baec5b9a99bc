/** Persists the last action of each of a key's chains, outside of the data folders. */
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { refuseNewerDatabase } from '../../config/database-version.ts'
import { RippleError } from '../../errors/ripple-error.ts'
import type { ActionHash, AgentKey } from '../../types/events.ts'

/** A chain with its DNA's role and network seed, which name the chain before it has a cell. */
export interface NamedChain {
  readonly role: string
  readonly seed: string
  readonly dna: string
}

/** The last action that a key is known to have written to one chain. */
export interface Head {
  readonly hash: ActionHash
  /** The time of its writing, in milliseconds since 1970. */
  readonly at: number
}

/** The version of the book's format. */
const BOOK_VERSION = 1

/** SQLite's result code for a database that another process holds. */
const BUSY = 5

/**
 * The heads of one agent key's chains, by DNA. The book is a small file outside the data folders, so that an old copy of a
 * data folder does not bring old heads along. It is also the key's lock, held until it is disposed or the process dies. Two
 * daemons that write with one key would fork its chains.
 */
export class ChainHeadStore implements Disposable {
  readonly agent: AgentKey
  readonly #db: DatabaseSync

  private constructor(agent: AgentKey, db: DatabaseSync) {
    this.agent = agent
    this.#db = db
  }

  /** Opens the book of a key and takes its lock. Throws `RIPPLE_KEY_IN_USE`, `RIPPLE_FILE_UNREADABLE`, `RIPPLE_DATA_NEWER`. */
  static open(folder: string, agent: AgentKey): ChainHeadStore {
    const file = join(folder, `${agent}.sqlite`)
    refuseNewerDatabase(file, BOOK_VERSION)
    let db: DatabaseSync | null = null
    try {
      mkdirSync(folder, { recursive: true, mode: 0o700 })
      db = new DatabaseSync(file)
      db.exec('PRAGMA locking_mode=EXCLUSIVE; PRAGMA journal_mode=DELETE; PRAGMA synchronous=FULL;')
      db.exec(
        `CREATE TABLE IF NOT EXISTS heads (dna TEXT PRIMARY KEY, role TEXT NOT NULL, seed TEXT NOT NULL,
          hash TEXT NOT NULL, at INTEGER NOT NULL) STRICT`,
      )
      db.exec(`BEGIN EXCLUSIVE; PRAGMA user_version=${BOOK_VERSION}; COMMIT`)
      return new ChainHeadStore(agent, db)
    } catch (cause) {
      db?.close()
      throw openError(cause, file, agent)
    }
  }

  /** Returns the remembered head of a chain, or null. */
  get(dna: string): Head | null {
    const row = this.#db.prepare('SELECT hash, at FROM heads WHERE dna = ?').get(dna)
    return row ? { hash: String(row.hash), at: Number(row.at) } : null
  }

  /** Returns the written chains in networks of a seed. */
  ofSeed(seed: string): NamedChain[] {
    const rows = this.#db.prepare('SELECT dna, role FROM heads WHERE seed = ?').all(seed)
    return rows.map(({ dna, role }) => ({ dna: String(dna), role: String(role), seed }))
  }

  /** Returns the written chains of a role, in networks of any seed. */
  ofRole(role: string): NamedChain[] {
    const rows = this.#db.prepare('SELECT dna, seed FROM heads WHERE role = ?').all(role)
    return rows.map(({ dna, seed }) => ({ dna: String(dna), role, seed: String(seed) }))
  }

  /** Remembers the newest own action of a chain. The action is on disk when this returns. */
  note({ dna, role, seed }: NamedChain, head: Head): void {
    const put = this.#db.prepare(
      'INSERT INTO heads VALUES (?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET hash = excluded.hash, at = excluded.at',
    )
    put.run(dna, role, seed, head.hash, head.at)
  }

  [Symbol.dispose](): void {
    if (this.#db.isOpen) this.#db.close()
  }
}

function openError(cause: unknown, file: string, agent: AgentKey): RippleError {
  const { errcode = 0, message } = cause as { errcode?: number; message: string }
  if ((errcode & 0xff) === BUSY) return new RippleError('RIPPLE_KEY_IN_USE', { agent }, { cause })
  return new RippleError('RIPPLE_FILE_UNREADABLE', { file, detail: message }, { cause })
}
