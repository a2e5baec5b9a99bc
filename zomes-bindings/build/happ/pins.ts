import { readFile, writeFile } from 'node:fs/promises'
import { z } from 'zod'
import { environmentSchema } from './toolchain.ts'

/** `workdir/dna-hashes.json`: what the shipped hApp is, and in what environment its bytes come out the same. */
const pinsSchema = z.strictObject({
  /** sha256 of `ripple.happ`, lower-case hex. */
  happ_sha256: z.string().regex(/^[0-9a-f]{64}$/),
  /** Each DNA's hash without a network seed, by role. */
  dnas: z.record(z.string(), z.string().regex(/^uhC0k[0-9A-Za-z_-]{48}$/)),
  /** What compiled it. */
  environment: environmentSchema,
})

/** What the shipped hApp is. */
export type Pins = z.infer<typeof pinsSchema>

/** Reads the pins. */
export async function readPins(file: string): Promise<Pins> {
  return pinsSchema.parse(JSON.parse(await readFile(file, 'utf8')))
}

/** Writes the pins. */
export async function writePins(file: string, pins: Pins): Promise<void> {
  await writeFile(file, `${JSON.stringify(pins, null, 2)}\n`)
}
