/** Stores the keys that the owner makes for programs. */
import { createHash, randomBytes, timingSafeEqual } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { z } from 'zod'
import { RippleError, toRippleError } from '../errors/ripple-error.ts'
import { writeAtomic } from '../files/write-atomic.ts'
import { limits } from '../limits.ts'
import { type Principal, scopes, v1Key } from '../types/principal.ts'
import { secondsToNextDay } from '../types/utc-day.ts'
import { DayUse, type UseNeeds } from './key-use.ts'
import type { KeyRequest, Keys, KeyView, Tokens } from './port.ts'

/** The beginning of each key, by which people and filters know it. */
const PREFIX = 'ripple_'

const keyRow = z.strictObject({
  name: z.string(),
  /** The sha256 of the key, in lower-case hex. */
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
  scopes: z.array(z.enum(scopes)).min(1),
  tokens_per_day: z.int().positive().nullable(),
  created_at: z.number(),
})
const keyFile = z.strictObject({ version: z.literal(1), keys: z.array(keyRow) })

type KeyRow = z.output<typeof keyRow>

/** The parts of the daemon that keep the keys. */
export interface KeyNeeds extends UseNeeds {
  /** The file of the keys, which its owner alone can read. */
  readonly file: string
}

/** Keeps the digests of the keys in a file and in memory, and their use in the journal. */
export class KeyStore implements Keys {
  readonly #needs: KeyNeeds
  readonly #use: DayUse
  #rows: readonly KeyRow[]
  /** The last change of the file; each waits for the one before it. */
  #changed: Promise<void> = Promise.resolve()

  private constructor(needs: KeyNeeds, use: DayUse, rows: readonly KeyRow[]) {
    this.#needs = needs
    this.#use = use
    this.#rows = rows
  }

  /** Reads the keys. Rejects with `RIPPLE_NOTE_DAMAGED` and `RIPPLE_JOURNAL_CORRUPT`. */
  static async open(needs: KeyNeeds): Promise<KeyStore> {
    const [use, rows] = await Promise.all([DayUse.open(needs), readRows(needs.file)])
    return new KeyStore(needs, use, rows)
  }

  async create(request: KeyRequest): Promise<string> {
    const key = `${PREFIX}${randomBytes(32).toString('base64url')}`
    const { name, tokens_per_day } = request
    await this.#change((rows) => {
      if (rows.some((row) => row.name === name)) throw new RippleError('RIPPLE_KEY_EXISTS', { name })
      if (rows.length >= limits.keys_max) throw new RippleError('RIPPLE_KEY_MANY', { max: limits.keys_max })
      const sha256 = digestOf(key).toString('hex')
      const created_at = this.#needs.clock.now()
      return [...rows, { name, sha256, scopes: [...request.scopes], tokens_per_day, created_at }]
    })
    return key
  }

  async remove(name: string): Promise<void> {
    await this.#change((rows) => {
      if (!rows.some((row) => row.name === name)) throw new RippleError('RIPPLE_KEY_UNKNOWN', { name })
      return rows.filter((row) => row.name !== name)
    })
    this.#use.forget(name)
  }

  list(): readonly KeyView[] {
    return [{ ...v1Key, tokens_per_day: null, created_at: null }, ...this.#rows].map(
      ({ name, scopes, tokens_per_day, created_at }) => {
        return { name, scopes, tokens_per_day, created_at, today: this.#use.of(name) }
      },
    )
  }

  find(key: string): Principal | null {
    const digest = digestOf(key)
    // Each is compared, so that the time reveals neither a key nor its place.
    const [found] = this.#rows.filter(({ sha256 }) => timingSafeEqual(digest, Buffer.from(sha256, 'hex')))
    return found ? { kind: 'key', name: found.name, scopes: found.scopes } : null
  }

  admit({ kind, name }: Principal): void {
    if (kind !== 'key') return
    const max = this.#rows.find((row) => row.name === name)?.tokens_per_day ?? null
    const { tokens_in, tokens_out } = this.#use.of(name)
    if (max !== null && tokens_in + tokens_out >= max) {
      const retry_after_s = secondsToNextDay(this.#needs.clock.now())
      throw new RippleError('RIPPLE_KEY_SPENT', { name, max, retry_after_s })
    }
    this.#use.add(name, { requests: 1 })
  }

  count({ kind, name }: Principal, tokens: Tokens): void {
    // An answer may end after its key was removed.
    const isValid = name === v1Key.name || this.#rows.some((row) => row.name === name)
    if (kind === 'key' && isValid) this.#use.add(name, tokens)
  }

  /** Writes the keys that `next` makes of the present ones. They count once they are on the disk. */
  #change(next: (rows: readonly KeyRow[]) => readonly KeyRow[]): Promise<void> {
    const change = this.#changed.then(async () => {
      const rows = next(this.#rows)
      const text = `${JSON.stringify({ version: 1, keys: rows }, null, 2)}\n`
      await writeAtomic(this.#needs.file, text).catch((thrown: unknown) =>
        Promise.reject(toRippleError(thrown)),
      )
      this.#rows = rows
    })
    this.#changed = change.catch(() => undefined)
    return change
  }
}

async function readRows(file: string): Promise<readonly KeyRow[]> {
  try {
    return keyFile.parse(JSON.parse(await readFile(file, 'utf8'))).keys
  } catch (thrown) {
    if ((thrown as NodeJS.ErrnoException).code === 'ENOENT') return []
    const facts = { file, what: 'which keys are valid', fix: 'make new ones' }
    throw new RippleError('RIPPLE_NOTE_DAMAGED', facts, { cause: thrown })
  }
}

function digestOf(key: string): Buffer {
  return createHash('sha256').update(key).digest()
}
