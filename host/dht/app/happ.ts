/** Reads the hApp and checks it against its pinned hash. */
import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { z } from 'zod'
import { RippleError } from '../../errors/ripple-error.ts'

/** The part of `workdir/dna-hashes.json` that a daemon reads. */
const pinsSchema = z.object({
  /** sha256 of `ripple.happ`, lower-case hex. */
  happ_sha256: z.string().regex(/^[0-9a-f]{64}$/),
  /** The DNAs' hashes without a network seed, by role. */
  dnas: z.record(z.string(), z.string().regex(/^uhC0k[0-9A-Za-z_-]{48}$/)),
})

/** The hApp and the file that pins it. */
export interface HappFiles {
  readonly happ: string
  readonly pins: string
}

/** A hApp that matches its pinned hash. */
export interface Happ {
  readonly file: string
  /** Eight hex digits that identify its DNAs. Daemons with the same DNAs share a network. */
  readonly identity: string
  /** sha256 of the file, lower-case hex. */
  readonly sha256: string
  readonly roles: readonly string[]
  /** The DNAs' hashes without a network seed, by role. */
  readonly dnas: Readonly<Record<string, string>>
}

/** Checks the shipped hApp against its pinned hash. Rejects with `RIPPLE_HAPP_MISMATCH`. */
export async function readHapp(files: HappFiles): Promise<Happ> {
  const pins = await readPins(files.pins)
  const content = await read(files.happ)
  const found = createHash('sha256').update(content).digest('hex')
  if (found !== pins.happ_sha256) {
    throw mismatch(files.happ, `sha256 is ${found}, pinned is ${pins.happ_sha256}`)
  }
  const roles = Object.keys(pins.dnas).sort()
  const list = roles.map((role) => `${role} ${pins.dnas[role]}\n`).join('')
  const identity = createHash('sha256').update(list).digest('hex').slice(0, 8)
  return { file: files.happ, identity, sha256: found, roles, dnas: pins.dnas }
}

async function readPins(file: string): Promise<z.output<typeof pinsSchema>> {
  try {
    return pinsSchema.parse(JSON.parse((await read(file)).toString('utf8')))
  } catch (error) {
    if (error instanceof RippleError) throw error
    throw new RippleError(
      'RIPPLE_HAPP_MISMATCH',
      { file, detail: 'it is not a list of hashes' },
      { cause: error },
    )
  }
}

async function read(file: string): Promise<Buffer> {
  return readFile(file).catch((error: Error) => {
    throw mismatch(file, error.message)
  })
}

function mismatch(file: string, detail: string): RippleError {
  return new RippleError('RIPPLE_HAPP_MISMATCH', { file, detail })
}
