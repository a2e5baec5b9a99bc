/** Keeps the private networks of a data folder: their founders, and this machine's membership. */
import { mkdir, readdir, readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import type { Membrane } from '../../zomes-bindings/generated/membrane.ts'
import { RippleError } from '../errors/ripple-error.ts'
import { writeAtomic } from '../files/write-atomic.ts'
import { localName } from '../types/machine-forms.ts'
import { dataPaths } from './paths.ts'

const hex = (bytes: number) => z.string().regex(new RegExp(`^[0-9a-f]{${2 * bytes}}$`))

const proof = z.strictObject({
  network: z.string(),
  agent: z.string(),
  invite_expires_at: z.number().nullable(),
  issuer: z.strictObject({ key: hex(32), delegation: hex(64).nullable() }),
  signature: hex(64),
})

const privateNetwork = z.strictObject({
  /** The last part of its seed. */
  local_name: localName,
  /** The founder's Ed25519 key. */
  founder: hex(32),
  /** The founder's signature over this machine's libp2p key, if this machine may invite; null otherwise. */
  delegation: hex(64).nullable(),
  /** The proof of this machine's agent; null before the machine has joined. */
  proof: proof.nullable(),
  /** The line of the invite that this machine was given; null for the founder. */
  invite: z.string().nullable(),
  /** The agent key for which the inviter was asked, while no proof has come; null otherwise. */
  asked_for: z.string().nullable(),
})

/** A private network as this machine knows it. */
export type PrivateNetwork = z.output<typeof privateNetwork>

/** The hex digits of the founder's key that are part of a private network's name. */
const NAME_KEY_DIGITS = 10

/** Returns the name of a private network: no two founders make the same. */
export function privateName(name: string, founder: string): string {
  return `${name}-${founder.slice(0, NAME_KEY_DIGITS)}`
}

/** Returns the membrane of a private network. Its id is its seed. */
export function membraneOf({ local_name, founder }: PrivateNetwork): Membrane {
  return { founder, network: seedOf(local_name) }
}

/** Returns the seed of a private network. */
export function seedOf(name: string): string {
  return `ripple-local-${name}`
}

/** Lists the private networks that a data folder knows, by name. Rejects with `RIPPLE_NOTE_DAMAGED`. */
export async function listPrivateNetworks(data: string): Promise<PrivateNetwork[]> {
  const names = await readdir(dataPaths(data).privateNetworks).catch(() => [])
  const found = names.filter((name) => name.endsWith('.json')).map((name) => name.slice(0, -'.json'.length))
  const read = await Promise.all(found.sort().map((name) => readPrivateNetwork(data, name)))
  return read.filter((one) => one !== null)
}

/** Reads a private network; null if the data folder knows none of that name. Rejects with `RIPPLE_NOTE_DAMAGED`. */
export async function readPrivateNetwork(data: string, name: string): Promise<PrivateNetwork | null> {
  const file = fileOf(data, name)
  try {
    return privateNetwork.parse(JSON.parse(await readFile(file, 'utf8')))
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return null
    const facts = { file, what: `the membership of '${name}'`, fix: 'join again with an invite' }
    throw new RippleError('RIPPLE_NOTE_DAMAGED', facts, { cause })
  }
}

/** Writes a private network. Rejects as the file system does. */
export async function writePrivateNetwork(data: string, network: PrivateNetwork): Promise<void> {
  await mkdir(dataPaths(data).privateNetworks, { recursive: true, mode: 0o700 })
  await writeAtomic(fileOf(data, network.local_name), `${JSON.stringify(network)}\n`)
}

/** Forgets a private network that this machine has not joined. */
export async function forgetPrivateNetwork(data: string, name: string): Promise<void> {
  await rm(fileOf(data, name), { force: true })
}

function fileOf(data: string, name: string): string {
  return join(dataPaths(data).privateNetworks, `${name}.json`)
}
