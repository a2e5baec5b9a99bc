/** Reads network files and works out what a network needs. */
import { createHash, randomBytes } from 'node:crypto'
import { fileURLToPath } from 'node:url'
import { parse, YAMLParseError } from 'yaml'
import { z } from 'zod'
import { messageOf } from '../errors/message-of.ts'
import { RippleError } from '../errors/ripple-error.ts'
import { readRegularSync } from '../files/regular-file.ts'
import { limits } from '../limits.ts'
import { localName } from '../types/machine-forms.ts'
import { type EpochRules, epochSchema } from './epoch.ts'

/** Networks that Ripple ships. */
export const networkNames = ['mainnet', 'testnet', 'local'] as const

/** A network's short name. */
export type NetworkName = (typeof networkNames)[number]

/** The ports that forwarders use: below those that operating systems assign by themselves. */
const FORWARD_PORTS = { first: 21_000, count: 10_000 }

/** Milliseconds for which kitsune2 keeps agent infos; it has no setting for this. */
export const AGENT_INFO_MS = 1_200_000

const millis = z.number().int().positive()
const httpUrl = z.url({ protocol: /^https?$/ })

/** The schema of a network's gossip: the times by which conductors compare their data. */
export const gossipSchema = z.strictObject({
  /** The pause between rounds, and between rounds with the same peer, in milliseconds. */
  initiate_interval_ms: millis,
  /** The random part that is added to it, in milliseconds. */
  initiate_jitter_ms: millis,
  /**
   * Milliseconds until an unfinished round is abandoned; the next one begins only after it. The engine looks for such rounds
   * every 5 s.
   */
  round_timeout_ms: millis,
  /**
   * Milliseconds between two signatures of a machine under its address. A machine that could not be reached once is skipped
   * until it has signed again. Each signature is a message to every peer in every DNA.
   */
  sign_again_ms: millis.max(AGENT_INFO_MS / 2),
})

/** The gossip times of a network. */
export type Gossip = z.infer<typeof gossipSchema>

/** A file of `networks/`. */
export const networkSchema = z
  .strictObject({
    name: z.enum(networkNames),
    /** The first part of the DNAs' network seed. */
    network_seed: z.string().regex(/^ripple-[a-z]+$/),
    /** The server by which peers find each other; null if they need none. */
    bootstrap_url: httpUrl.nullable(),
    /** The relay for the first packets between conductors of the 0.7 line. */
    relay_url: httpUrl.nullable(),
    /** The same for conductors of the 0.6 line; it stays for the wire contract. */
    signal_url: z.url({ protocol: /^wss?$/ }).nullable(),
    discovery: z.enum(['bootstrap', 'mdns']),
    /** `permanent` keeps all, `prune` removes old data, `session` removes the data of a network that the machine leaves. */
    persistence: z.enum(['permanent', 'prune', 'session']),
    epoch: epochSchema,
    policy_set: z.string().min(1),
    gossip: gossipSchema,
  })
  .refine((file) => file.network_seed === `ripple-${file.name}`, {
    error: 'network_seed is not ripple-<name>',
  })
  .refine((file) => (file.discovery === 'bootstrap') === (file.bootstrap_url !== null), {
    error: 'bootstrap_url and discovery: bootstrap go together',
  })
  .refine((file) => (file.persistence === 'permanent') === (file.epoch.archive_days === null), {
    error: 'a permanent network, and no other, keeps archives for ever: archive_days is null',
  })
  .refine((file) => file.bootstrap_url === file.relay_url, {
    error: 'one forwarded port carries both: bootstrap_url and relay_url are the same server',
  })

/** A file of `networks/`. */
export type NetworkFile = z.infer<typeof networkSchema>

/** A network as a daemon joins it. */
export interface Network {
  readonly name: NetworkName
  /** The network seed of the DNAs: machines with the same seed are on the same network. */
  readonly seed: string
  /** The name of a local network, the last part of its seed; null for the other networks. */
  readonly localName: string | null
  /** The server that carries bootstrap and relay; null until discovery finds one. */
  readonly bootstrapUrl: string | null
  /** The loopback port by which every conductor of this network reaches that server. */
  readonly forwardPort: number
  /** The URL of that port, the same string on every machine. */
  readonly conductorUrl: string
  readonly discovery: NetworkFile['discovery']
  readonly persistence: NetworkFile['persistence']
  readonly epoch: EpochRules
  readonly policySet: string
  readonly gossip: Gossip
}

/** The user's choice of a network at the daemon's start. */
export interface NetworkChoice {
  /** The value of `--bootstrap`, whose fragment may name the local network; null without it. */
  readonly bootstrap: string | null
  /** The name of the local network if the URL names none; other networks ignore it. */
  readonly localName: string
}

/**
 * Reads one of the shipped networks, or another file for it. Throws `RIPPLE_NETWORK_INVALID`.
 */
export function readNetwork(name: string, other: string | null = null): NetworkFile {
  const known = networkNames.find((candidate) => candidate === name)
  if (known === undefined) throw invalid(name, 'there is no such network')
  const file = other ?? new URL(`../../networks/${known}.yaml`, import.meta.url)
  const parsed = networkSchema.safeParse(readYamlText(name, file))
  if (!parsed.success) throw invalid(name, z.prettifyError(parsed.error))
  if (parsed.data.name !== known) throw invalid(name, `the file is of '${parsed.data.name}'`)
  return parsed.data
}

function readYamlText(name: string, file: string | URL): unknown {
  try {
    const path = typeof file === 'string' ? file : fileURLToPath(file)
    const bytes = readRegularSync(path, limits.config_bytes_max)
    if (bytes === null) throw invalid(name, `it is larger than ${limits.config_bytes_max} bytes`)
    return parse(bytes.toString('utf8'))
  } catch (thrown) {
    if (thrown instanceof YAMLParseError && thrown.code === 'MULTIPLE_DOCS')
      throw invalid(name, "its file has a second document: remove the line '---'")
    throw invalid(name, messageOf(thrown))
  }
}

/**
 * Determines seed, server and port of a network. Throws `RIPPLE_NETWORK_INVALID` for an unusable URL, and for a fragment
 * where networks have no names. Pure.
 */
export function resolveNetwork(file: NetworkFile, choice: NetworkChoice): Network {
  const named = choice.bootstrap === null ? null : splitBootstrap(file.name, choice.bootstrap)
  const localName = localNameOf(file, named?.fragment ?? null, choice.localName)
  const seed = localName === null ? file.network_seed : `${file.network_seed}-${localName}`
  const forwardPort = FORWARD_PORTS.first + (hash16(seed) % FORWARD_PORTS.count)
  return {
    name: file.name,
    seed,
    localName,
    bootstrapUrl: named?.url ?? file.bootstrap_url,
    forwardPort,
    conductorUrl: `http://127.0.0.1:${forwardPort}`,
    discovery: file.discovery,
    persistence: file.persistence,
    epoch: file.epoch,
    policySet: file.policy_set,
    gossip: file.gossip,
  }
}

/** Returns the string by which another machine joins: the server's URL, with the local network's name as its fragment. */
export function joinUrl(bootstrapUrl: string, localName: string | null): string {
  return localName === null ? bootstrapUrl : `${bootstrapUrl}#${localName}`
}

/** Returns a name for a local network, with enough randomness that nobody joins by guessing. */
export function randomLocalName(): string {
  return randomBytes(12).toString('base64url')
}

/** Whether a URL's host is this machine and no other. */
export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '[::1]' || host.startsWith('127.')
}

function splitBootstrap(
  network: string,
  text: string,
): { readonly url: string; readonly fragment: string | null } {
  const url = URL.canParse(text) ? new URL(text) : null
  if (url === null || !['http:', 'https:'].includes(url.protocol))
    throw invalid(network, `'${text}' is not an http URL`)
  if (url.username !== '' || url.search !== '')
    throw invalid(network, `'${text}' has more than host, port and path`)
  const fragment = url.hash.slice(1)
  url.hash = ''
  return { url: url.href.replace(/\/$/, ''), fragment: fragment === '' ? null : fragment }
}

function localNameOf(file: NetworkFile, fragment: string | null, otherwise: string): string | null {
  if (file.name !== 'local') {
    if (fragment !== null)
      throw invalid(file.name, `there is one such network, and '#${fragment}' names another`)
    return null
  }
  const name = localName.safeParse(fragment ?? otherwise)
  if (!name.success) throw invalid(file.name, `'${fragment ?? otherwise}' is ${z.prettifyError(name.error)}`)
  return name.data
}

function hash16(text: string): number {
  return createHash('sha256').update(text).digest().readUInt16BE()
}

function invalid(network: string, detail: string): RippleError {
  return new RippleError('RIPPLE_NETWORK_INVALID', { network, detail })
}
