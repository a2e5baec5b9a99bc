/** Stores the records of questions to ensembles. */
import { mkdir, open, readdir, readFile, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { RippleError } from '../../errors/ripple-error.ts'
import { limits } from '../../limits.ts'
import type { EnsembleRecord } from '../../types/ensemble-record.ts'
import { compareText } from '../members/members.ts'
import { readRecord, recordText } from './record.ts'

/** The digits of a time in a file's name, so that names sort by time. */
const TIME_DIGITS = 15

const fileName = /^\d{15}-([\w.:-]{1,64})\.[0-9a-f]{8}\.json$/

/** The most records that are stored, and their most bytes in all. */
export interface RecordLimits {
  readonly records_max: number
  readonly bytes_max: number
}

/** A record's file. */
interface Kept {
  readonly name: string
  readonly bytes: number
}

/** Stores one file for each question to an ensemble. Files never change, and the oldest are removed when space runs out. */
export class RecordStore {
  readonly #folder: string
  readonly #room: RecordLimits
  /** The running removal; removals take turns. */
  #pruning: Promise<void> = Promise.resolve()
  /** The files, oldest first; null until they are read. Only this store writes them. */
  #kept: readonly Kept[] | null = null

  constructor(
    folder: string,
    room: RecordLimits = {
      records_max: limits.ensemble_records_max,
      bytes_max: limits.ensemble_records_bytes_max,
    },
  ) {
    this.#folder = folder
    this.#room = room
  }

  /** Writes a record and removes the oldest beyond the limits. Resolves once it is on disk. Rejects as the file system does. */
  async add(record: EnsembleRecord): Promise<string> {
    await mkdir(this.#folder, { recursive: true, mode: 0o700 })
    // A client may use one trace id for several questions.
    const stem = `${String(record.at).padStart(TIME_DIGITS, '0')}-${record.trace_id}`
    const name = `${stem}.${record.sha256.slice(0, 8)}.json`
    const file = join(this.#folder, name)
    const text = recordText(record)
    const handle = await open(file, 'wx', 0o600)
    try {
      await handle.writeFile(text)
      await handle.sync()
    } finally {
      await handle.close()
    }
    const newest = { name, bytes: Buffer.byteLength(text) }
    this.#pruning = this.#pruning.then(() => this.#prune(newest))
    await this.#pruning
    return file
  }

  /**
   * Returns the record of a trace id, or of an unambiguous beginning of one; the newest if it has several. Rejects with
   * `RIPPLE_ENSEMBLE_UNKNOWN`.
   */
  async find(id: string): Promise<EnsembleRecord> {
    const found = (await this.#names()).flatMap((name) => {
      const trace = fileName.exec(name)?.[1]
      return trace?.startsWith(id) ? [{ name, trace }] : []
    })
    const exact = found.filter(({ trace }) => trace === id)
    const meant = exact.length > 0 ? exact : found
    const newest = new Set(meant.map(({ trace }) => trace)).size === 1 ? meant.at(-1) : undefined
    const text = newest === undefined ? '' : await readFile(join(this.#folder, newest.name), 'utf8')
    const record = readRecord(text)
    if (record === null) throw new RippleError('RIPPLE_ENSEMBLE_UNKNOWN', { id })
    return record
  }

  /** Returns the names of the records' files, oldest first. */
  async #names(): Promise<string[]> {
    const all = await readdir(this.#folder).catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return []
      throw error
    })
    return all.filter((name) => fileName.test(name)).sort()
  }

  /** Removes the oldest until the others fit, and keeps the newest. It leaves a file that cannot be removed. */
  async #prune(newest: Kept): Promise<void> {
    const before = this.#kept ?? (await this.#look().catch(() => null))
    if (before === null) return
    const left = [...before.filter(({ name }) => name !== newest.name), newest]
    left.sort((a, b) => compareText(a.name, b.name))
    let bytes = left.reduce((sum, one) => sum + one.bytes, 0)
    while (left.length > this.#room.records_max || bytes > this.#room.bytes_max) {
      const [oldest] = left
      if (oldest === undefined || oldest.name === newest.name) break
      await rm(join(this.#folder, oldest.name), { force: true }).catch(() => {})
      bytes -= oldest.bytes
      left.shift()
    }
    this.#kept = left
  }

  async #look(): Promise<Kept[]> {
    const names = await this.#names()
    return Promise.all(names.map(async (name) => ({ name, bytes: await sizeOf(join(this.#folder, name)) })))
  }
}

async function sizeOf(file: string): Promise<number> {
  const found = await stat(file).catch(() => null)
  return found?.size ?? 0
}
