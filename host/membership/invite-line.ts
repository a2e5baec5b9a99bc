/** Writes and reads invites, each as one line that its inviter has signed. */
import { publicKeyFromRaw } from '@libp2p/crypto/keys'
import { decode, encode } from '@msgpack/msgpack'
import { multiaddr } from '@multiformats/multiaddr'
import { z } from 'zod'
import { networkNames } from '../config/network.ts'
import { RippleError } from '../errors/ripple-error.ts'
import type { SigningKey } from '../net/peer-key.ts'
import { localName } from '../types/machine-forms.ts'

/** The beginning of each line. */
const PREFIX = 'ripple-invite-1.'
/** The most characters of a line: a QR code holds so many, and a terminal shows it. */
const LINE_CHARS_MAX = 1_200
/** The most addresses of an invite. */
export const INVITE_ADDRESSES_MAX = 6
/** The length of an Ed25519 signature, in bytes. */
const SIGNATURE_BYTES = 64
const ID_BYTES = 8

const bytes = (length: number) => z.instanceof(Uint8Array).refine((given) => given.length === length)
const address = z.instanceof(Uint8Array).refine((given) => given.length <= 64)

/** The signed part of a line, in the order of its fields. */
const payload = z.tuple([
  z.enum(networkNames),
  localName.nullable(),
  bytes(32).nullable(),
  z
    .url({ protocol: /^https?$/ })
    .max(256)
    .nullable(),
  z.array(address).max(INVITE_ADDRESSES_MAX),
  bytes(32),
  bytes(ID_BYTES),
  z.number().int().positive().max(0xffff_ffff),
  z.boolean(),
])

/** An invite to a network. */
export interface Invite {
  readonly network: (typeof networkNames)[number]
  /** The name of a local network; null for the other networks. */
  readonly localName: string | null
  /** The founder's key of a private network, 64 hex digits; null for an open network. */
  readonly founder: string | null
  /** The bootstrap server that the inviter was given; null without one. */
  readonly server: string | null
  /** Multiaddrs of the inviter: IP and TCP port alone. */
  readonly addresses: readonly string[]
  /** The inviter's libp2p key, 64 hex digits. */
  readonly inviter: string
  /** Names the invite to its inviter, 16 hex digits. */
  readonly id: string
  /** The end of the invite, in milliseconds since 1970. */
  readonly expiresAt: number
  /** Whether one machine alone may join with it. */
  readonly once: boolean
}

/** Whether the machines of the invite's network accept each other one by one. */
export function hasStrangers({ network, founder, server }: Invite): boolean {
  return network === 'local' && founder === null && server === null
}

/** Returns the line of an invite, signed by its inviter. `expiresAt` is rounded down to seconds. */
export async function writeInvite(invite: Invite, key: SigningKey): Promise<string> {
  const hex = (text: string | null) => (text === null ? null : new Uint8Array(Buffer.from(text, 'hex')))
  const signed = encode([
    invite.network,
    invite.localName,
    hex(invite.founder),
    invite.server,
    invite.addresses.map((one) => multiaddr(one).bytes),
    hex(invite.inviter),
    hex(invite.id),
    Math.floor(invite.expiresAt / 1_000),
    invite.once,
  ])
  const signature = Buffer.from(await key.sign(statement(signed)), 'hex')
  return PREFIX + Buffer.concat([signed, signature]).toString('base64url')
}

/**
 * Reads a line. Rejects with `RIPPLE_INVITE_INVALID` if it is not an invite, is not whole, or was not signed by its
 * inviter, and with `RIPPLE_INVITE_EXPIRED`. `now` is in milliseconds since 1970.
 */
export async function readInvite(line: string, now: number): Promise<Invite> {
  const text = line.trim()
  if (!text.startsWith(PREFIX)) throw invalid(`it does not begin with '${PREFIX}'`)
  const body = text.slice(PREFIX.length)
  if (text.length > LINE_CHARS_MAX || !/^[A-Za-z0-9_-]+$/.test(body))
    throw invalid('it is not one line of an invite')
  const all = Buffer.from(body, 'base64url')
  const signed = new Uint8Array(all.subarray(0, -SIGNATURE_BYTES))
  const invite = parse(signed)
  const signature = all.subarray(-SIGNATURE_BYTES)
  const key = publicKeyFromRaw(Buffer.from(invite.inviter, 'hex'))
  const genuine = await Promise.resolve(key.verify(Buffer.from(statement(signed)), signature)).catch(
    () => false,
  )
  if (!genuine) throw invalid("its signature is not the inviter's: it is forged, or not whole")
  if (invite.expiresAt <= now)
    throw new RippleError('RIPPLE_INVITE_EXPIRED', { at: new Date(invite.expiresAt).toISOString() })
  return invite
}

function parse(signed: Uint8Array): Invite {
  try {
    const [network, name, founder, server, addresses, inviter, id, expires, once] = payload.parse(
      decode(signed),
    )
    const hex = (given: Uint8Array) => Buffer.from(given).toString('hex')
    if ((name === null) === (network === 'local')) throw invalid('it names no network')
    return {
      network,
      localName: name,
      founder: founder === null ? null : hex(founder),
      server,
      addresses: addresses.map((one) => readAddress(one)),
      inviter: hex(inviter),
      id: hex(id),
      expiresAt: expires * 1_000,
      once,
    }
  } catch (thrown) {
    if (thrown instanceof RippleError) throw thrown
    throw invalid('it is not whole, or of another version of Ripple')
  }
}

/** Returns an address; throws if it is not plain IP and TCP. */
function readAddress(given: Uint8Array): string {
  const text = multiaddr(given).toString()
  if (!/^\/ip[46]\/[0-9a-fA-F.:]+\/tcp\/\d+$/.test(text)) throw invalid(`'${text}' is not an address`)
  return text
}

/** Returns the text that an inviter signs. */
function statement(signed: Uint8Array): string {
  return `ripple-invite-v1:${Buffer.from(signed).toString('base64url')}`
}

function invalid(detail: string): RippleError {
  return new RippleError('RIPPLE_INVITE_INVALID', { detail })
}
