/** Collects the facts that a machine knows of itself without its daemon. Each probe has a deadline, and changes nothing. */
import { readFile, readlink, stat } from 'node:fs/promises'
import { freemem, hostname, totalmem } from 'node:os'
import { dirname, join } from 'node:path'
import { readState } from '../../api/state-file.ts'
import { canonicalJson } from '../../codec/canonical-json.ts'
import { sha256Hex } from '../../codec/digest.ts'
import type { Config } from '../../config/config.ts'
import type { Env } from '../../config/env.ts'
import {
  isLoopback,
  type Network,
  type NetworkFile,
  readNetwork,
  resolveNetwork,
} from '../../config/network.ts'
import { dataPaths } from '../../config/paths.ts'
import { readHapp } from '../../dht/app/happ.ts'
import { limits } from '../../limits.ts'
import { freeBytes } from '../../models/sources/space.ts'
import { checkBootstrap } from '../../processes/bootstrap-server.ts'
import { forwarderPortState } from '../../processes/forwarder.ts'
import { isAlive } from '../../processes/is-alive.ts'
import { FACTS_FORM, type MachineFacts } from '../../types/machine-facts.ts'
import { version } from '../../version.ts'
import { happFiles } from '../machine/files.ts'
import { portIsFree } from '../machine/port-free.ts'
import { interfaceFacts, multicastInterface } from './interfaces.ts'
import { notedMembership } from './membrane.ts'

/** Bytes of a MiB. */
const MIB = 1024 * 1024
/** The end of the conductor's log that is read, in bytes. */
const LOG_TAIL_BYTES = 64 * 1024
/** The address by which a socket listens on all interfaces. */
const ANY = '0.0.0.0'
/** Hex digits of a digest in the facts. */
const DIGEST_DIGITS = 16

/** Returns the beginning of a text's sha256, as the facts have it. */
export function shortDigest(text: string): string {
  return sha256Hex(text).slice(0, DIGEST_DIGITS)
}

/** The inputs of the facts. */
export interface MachineNeeds {
  readonly config: Config
  readonly env: Pick<Env, 'proxies'>
  /** Describes the model files. */
  models(signal: AbortSignal): Promise<MachineFacts['models']>
}

/** Collects the facts. Whatever cannot be found out in time is null. */
export async function machineWithoutDaemon(
  { config, env, models }: MachineNeeds,
  signal: AbortSignal,
): Promise<MachineFacts> {
  const place = await placeOf()
  const file = attempt(() => readNetwork(config.network, config.network_file))
  const network = file === null ? null : attempt(() => networkOf(file, config))
  const paths = dataPaths(config.data)
  const [dnas, multicast_by, server, ports, disk, memory, keystore, membrane, found] = await Promise.all([
    inTime(async () => ({ ...(await readHapp(happFiles)).dnas }), signal),
    inTime(multicastInterface, signal),
    inTime((until) => serverFacts(network, place, until), signal),
    inTime(() => portFacts(config, network), signal),
    inTime(async () => ({ free_mib: mebi(await freeBytes(await nearest(config.data))) }), signal),
    inTime(memoryFacts, signal),
    inTime(() => keystoreFacts(paths), signal),
    inTime(async () => (network === null ? null : notedMembership(config.data, network)), signal),
    inTime(models, signal),
  ])
  return {
    ...{ form: FACTS_FORM, version, name: config.name, agent: null, peer: null, place, at: Date.now() },
    network: file === null || network === null ? null : networkFacts(file, network.seed),
    dnas,
    interfaces: attempt(() => interfaceFacts()),
    multicast_by,
    ...{ addresses: null, mdns: null, server, peers: null, gossip: null, relay: null },
    proxies: env.proxies
      .slice(0, 8)
      .map(({ variable, url }) => ({ variable, url: url?.slice(0, 256) ?? null })),
    ...{ ports, disk, memory, keystore, membrane },
    ...{ models: found, gpu: null, ipfs: null, daemon: null },
  }
}

/**
 * Returns a digest that peers of one machine share. Network namespaces count as machines of their own, because loopback
 * does not lead from one to another.
 */
export async function placeOf(): Promise<string> {
  const boot = await readFile('/proc/sys/kernel/random/boot_id', 'utf8').catch(() => '')
  const namespace = await readlink('/proc/self/ns/net').catch(() => '')
  return shortDigest(`${hostname()} ${boot} ${namespace}`)
}

/** Describes a network by digests: its seed may hold a secret. */
export function networkFacts(file: NetworkFile, seed: string): MachineFacts['network'] {
  return {
    name: file.name,
    seed: shortDigest(seed),
    file: shortDigest(canonicalJson(file)),
    by_mdns: file.discovery === 'mdns',
  }
}

/** Returns the network that a start would join. */
function networkOf(file: NetworkFile, config: Config): Network {
  return resolveNetwork(file, { bootstrap: config.bootstrap_url, localName: config.local.name })
}

async function serverFacts(
  network: Network | null,
  place: string,
  signal: AbortSignal,
): Promise<MachineFacts['server']> {
  const url = network?.bootstrapUrl ?? null
  return url === null ? null : probeServer(url, { place, here: false }, signal)
}

/** Asks a bootstrap server for its health and its time. */
export async function probeServer(
  address: string,
  { place, here }: { readonly place: string; readonly here: boolean },
  signal: AbortSignal,
): Promise<NonNullable<MachineFacts['server']>> {
  const url = address.replace(/#.*$/, '')
  const host = URL.parse(url)
  const id = host !== null && isLoopback(host.hostname) ? `${place}:${host.port}` : (host?.host ?? url)
  const asked = Date.now()
  const answer = await checkBootstrap(url, signal).then(
    (time) => ({ time }),
    () => null,
  )
  const time = answer?.time ?? null
  // Between the question and its answer; the server's time has whole seconds.
  const skew_ms = time === null ? null : Math.round((asked + Date.now()) / 2 - time - 500)
  return { url: url.slice(0, 256), id: id.slice(0, 64), here, reachable: answer !== null, skew_ms }
}

async function portFacts(config: Config, network: Network | null): Promise<MachineFacts['ports']> {
  const state = await readState(dataPaths(config.data).apiFile)
  const runs = state !== null && isAlive(state.pid)
  const stateOf = async (port: number, host?: string) => {
    if (runs) return 'own'
    return portIsFree(port, host).then(
      () => 'free' as const,
      () => 'taken' as const,
    )
  }
  const { api, net } = config
  const ports: NonNullable<MachineFacts['ports']> = [
    { use: 'api', port: api.port, state: await stateOf(api.port) },
  ]
  if (net.port !== 0) ports.push({ use: 'libp2p', port: net.port, state: await stateOf(net.port, ANY) })
  if (network === null) return ports
  const { forwardPort, seed } = network
  return [
    ...ports,
    { use: 'forwarder', port: forwardPort, state: await forwarderPortState(forwardPort, seed) },
  ]
}

/**
 * Prefers `MemAvailable`, which counts memory that caches can release; on older kernels `freemem` does not count it.
 */
async function memoryFacts(): Promise<MachineFacts['memory']> {
  const text = await readFile('/proc/meminfo', 'utf8').catch(() => '')
  const kib = /^MemAvailable:\s+(\d+) kB/m.exec(text)?.[1]
  const free = kib === undefined ? freemem() : Number(kib) * 1024
  return { free_mib: mebi(free), total_mib: mebi(totalmem()) }
}

/**
 * Says whether the keystore can be opened: its passphrase is here, and the conductor's last start did not refuse it. The
 * refusal stands in the conductor's log, as lair's error (holochain 0.7.1).
 */
async function keystoreFacts(paths: ReturnType<typeof dataPaths>): Promise<MachineFacts['keystore']> {
  const has = (path: string) =>
    stat(path).then(
      () => true,
      () => false,
    )
  if (!(await has(join(paths.conductor, 'lair')))) return { state: 'new' }
  const kept = await readFile(paths.passphrase, 'utf8').catch(() => '')
  if (kept.trim() === '') return { state: 'locked' }
  const log = (await readFile(join(paths.logs, 'conductor.log'), 'utf8').catch(() => '')).slice(
    -LOG_TAIL_BYTES,
  )
  const refused = log.lastIndexOf('Failed to spawn Lair keystore')
  return { state: refused > log.lastIndexOf('Conductor ready.') ? 'locked' : 'ready' }
}

/** Runs a probe with the deadline of a check; null if it fails or is late. */
export async function inTime<T>(
  probe: (signal: AbortSignal) => Promise<T>,
  signal: AbortSignal,
): Promise<T | null> {
  const until = AbortSignal.any([signal, AbortSignal.timeout(limits.doctor_probe_ms)])
  const late = Promise.withResolvers<null>()
  until.addEventListener('abort', () => late.resolve(null), { once: true })
  return await Promise.race([probe(until).catch(() => null), late.promise])
}

/** Returns what a function returns; null if it throws. */
function attempt<T>(read: () => T): T | null {
  try {
    return read()
  } catch {
    return null
  }
}

const mebi = (bytes: number): number => Math.floor(bytes / MIB)

/** Returns the nearest folder that exists. */
async function nearest(path: string): Promise<string> {
  const found = await stat(path).then(
    () => true,
    () => false,
  )
  return found || dirname(path) === path ? path : nearest(dirname(path))
}
