/** Persists the signing credentials of cells. */
import { readFile } from 'node:fs/promises'
import { type CellId, encodeHashToBase64, type SigningCredentials } from '@holochain/client'
import { z } from 'zod'
import { RippleError } from '../../errors/ripple-error.ts'
import { writeAtomic } from '../../files/write-atomic.ts'

const bytes = z.base64().transform((text) => new Uint8Array(Buffer.from(text, 'base64')))
const credentialsSchema = z.strictObject({
  cap_secret: bytes,
  signing_key: bytes,
  public_key: bytes,
  private_key: bytes,
})
const fileSchema = z.record(z.string(), credentialsSchema)

/**
 * The file with one set of signing credentials per cell, readable by its owner alone. Credentials are kept because each new
 * set adds a grant to the cell's chain for ever.
 */
export class CredentialsFile {
  readonly #file: string
  readonly #cells: Map<string, SigningCredentials>
  /** The write in progress. Writes take turns, because they share the name of the new file. */
  #writing: Promise<void> = Promise.resolve()

  private constructor(file: string, cells: Map<string, SigningCredentials>) {
    this.#file = file
    this.#cells = cells
  }

  /** Reads the file; a missing file has no credentials. Rejects with `RIPPLE_CONFIG_INVALID`. */
  static async read(file: string): Promise<CredentialsFile> {
    const text = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return '{}'
      throw error
    })
    return new CredentialsFile(
      file,
      new Map(Object.entries(parse(file, text)).map(([cell, kept]) => [cell, revive(kept)])),
    )
  }

  /** Returns the credentials of a cell, or null. */
  get(cell: CellId): SigningCredentials | null {
    return this.#cells.get(cellName(cell)) ?? null
  }

  /** Stores the credentials of a cell. Resolves when they are on disk. */
  async set(cell: CellId, credentials: SigningCredentials): Promise<void> {
    this.#cells.set(cellName(cell), credentials)
    await this.#write()
  }

  /** Deletes the credentials of a cell, if there are any. */
  async forget(cell: CellId): Promise<void> {
    if (this.#cells.delete(cellName(cell))) await this.#write()
  }

  /** Deletes the credentials of all cells except these. */
  async keepOnly(cells: readonly CellId[]): Promise<void> {
    const kept = new Set(cells.map(cellName))
    const gone = [...this.#cells.keys()].filter((cell) => !kept.has(cell))
    for (const cell of gone) this.#cells.delete(cell)
    if (gone.length > 0) await this.#write()
  }

  #write(): Promise<void> {
    const mine = this.#writing.then(() => this.#writeAll())
    this.#writing = mine.catch(() => {})
    return mine
  }

  async #writeAll(): Promise<void> {
    const cells = Object.fromEntries(
      [...this.#cells].map(([cell, credentials]) => [cell, plain(credentials)]),
    )
    await writeAtomic(this.#file, `${JSON.stringify(cells, null, 2)}\n`)
  }
}

/** Returns the text that names a cell: its DNA's hash and its agent's key. */
export function cellName(cell: CellId): string {
  return cell.map((hash) => encodeHashToBase64(hash)).join(' ')
}

function parse(file: string, text: string): z.output<typeof fileSchema> {
  try {
    return fileSchema.parse(JSON.parse(text))
  } catch (error) {
    throw new RippleError(
      'RIPPLE_CONFIG_INVALID',
      { file, detail: 'not signing credentials' },
      { cause: error },
    )
  }
}

function revive(kept: z.output<typeof credentialsSchema>): SigningCredentials {
  const keyPair = { keyType: 'ed25519', publicKey: kept.public_key, privateKey: kept.private_key } as const
  return { capSecret: kept.cap_secret, signingKey: kept.signing_key, keyPair }
}

function plain(credentials: SigningCredentials): z.input<typeof credentialsSchema> {
  const text = (value: Uint8Array) => Buffer.from(value).toString('base64')
  return {
    cap_secret: text(credentials.capSecret),
    signing_key: text(credentials.signingKey),
    public_key: text(credentials.keyPair.publicKey),
    private_key: text(credentials.keyPair.privateKey),
  }
}
