/** Checks the facts of one machine. */
import { limits } from '../limits.ts'
import { roughly, size } from '../operations/text.ts'
import { type Finding, fail, ok, type Result, warn } from '../types/finding.ts'
import type { MachineFacts } from '../types/machine-facts.ts'

const MIB = 1024 * 1024
/** Milliseconds by which a clock may be ahead: bootstrap servers refuse agents from further ahead (kitsune2 0.5.3). */
export const SKEW_FAIL_MS = 180_000
/** Milliseconds of difference between two clocks that are worth a warning. */
export const SKEW_WARN_MS = 30_000
/** Milliseconds after a start, or a sleep, in which connections are still being made. */
const SETTLING_MS = 60_000
/** Milliseconds without a comparison of data after which gossip counts as stuck. */
const GOSSIP_SILENT_MS = 300_000

/** Judges one subject; null if its facts are unknown. */
type Check = (facts: MachineFacts) => Result | null

/** Returns how far apart two clocks are, in words. */
export function skewText(ms: number): string {
  return `${roughly(Math.abs(ms))} ${ms > 0 ? 'ahead of' : 'behind'}`
}

const interfaces: Check = ({ interfaces: all, multicast_by: by, mdns, peers }) => {
  if (all === null) return null
  const lan = all.filter(({ kind }) => kind === 'lan')
  const list = all.filter(({ kind }) => kind !== 'loopback').map(({ name, address }) => `${name} ${address}`)
  if (list.length === 0)
    return warn('the machine has no network: only loopback has an address', 'connect it to the network')
  if (lan.length === 0 && (peers?.online ?? 0) === 0)
    return warn(
      `no interface is on a LAN: ${list.join(', ')}`,
      'connect the machine to the LAN of its peers, or join one by its address',
    )
  // A machine that has met others is reached, whatever its routes say.
  if (by === null || mdns?.on === false || (peers?.online ?? 0) > 0) return ok(list.join(', '))
  const route = "add the route: 'ip route add 224.0.0.0/4 dev NAME'"
  if (by === '') return warn('multicast has no route, so peers of the LAN cannot find the machine', route)
  if (!lan.some(({ name }) => name === by))
    return warn(
      `multicast leaves by ${by}, which is not on the LAN of ${lan.map(({ name }) => name).join(', ')}`,
      route.replace('NAME', lan[0]?.name ?? 'NAME'),
    )
  return ok(`${list.join(', ')}; multicast leaves by ${by}`)
}

const mdns: Check = ({ mdns: facts, network, peers }) => {
  if (facts === null || network === null || !network.by_mdns) return null
  if (facts.on) return ok(`${facts.seen} peers of the LAN found`)
  return (peers?.online ?? 0) > 0
    ? ok('off, by net.mdns')
    : warn('peers of the LAN are not looked for, because net.mdns is false', 'set net.mdns to true')
}

const server: Check = ({ server: facts }) => {
  if (facts === null) return null
  if (facts.reachable) return ok(`the bootstrap server ${facts.url} answers`)
  return fail(
    `the bootstrap server ${facts.url} does not answer [RIPPLE_BOOTSTRAP_DOWN]`,
    facts.here
      ? 'restart the daemon of this machine, and see its bootstrap.log'
      : 'start the server again, or join another one; a firewall on its machine may also refuse the port',
  )
}

const serverClock: Check = ({ server: facts }) => {
  if (facts?.skew_ms == null || facts.here) return null
  const { skew_ms: ms } = facts
  if (Math.abs(ms) < SKEW_WARN_MS) return ok("within seconds of the bootstrap server's")
  const detail = `the clock is ${skewText(ms)} that of the bootstrap server`
  const fix = 'set the clock, for example by NTP, and start the daemon again'
  return Math.abs(ms) >= SKEW_FAIL_MS ? fail(detail, fix) : warn(detail, fix)
}

/** Names the proxies. They matter where something cannot be reached, because a program may have asked them for it. */
const proxies: Check = ({ proxies: named, server: at, peers }) => {
  if (named === null) return null
  if (named.length === 0) return ok('the environment names none')
  const bad = named.find(({ url }) => url === null)
  if (bad) return warn(`${bad.variable} is not a URL`, 'set it to one such as http://proxy.example:3128')
  const list = named.map(({ variable, url }) => `${variable}=${url}`).join(', ')
  const fix = 'unset it and start the daemon again, or add the addresses of server and peers to NO_PROXY'
  const detail = `the environment names a proxy (${list})`
  if (at?.reachable === false) return fail(`${detail}, and the bootstrap server does not answer`, fix)
  if (peers?.online === 0 && at?.here === false) return warn(`${detail}, and no other machine is there`, fix)
  return ok(`${list}: never for what stays on this machine`)
}

const ports: Check = ({ ports: all }) => {
  if (all === null) return null
  const settings = { api: 'api.port', forwarder: null, libp2p: 'net.port' } as const
  const [taken] = all.filter(({ state }) => state === 'taken')
  if (taken === undefined) return ok(all.map(({ use, port, state }) => `${use} ${port} ${state}`).join(', '))
  const setting = settings[taken.use]
  return fail(
    `another program holds port ${taken.port}, which the ${taken.use === 'api' ? 'API' : taken.use} needs [RIPPLE_PORT_TAKEN]`,
    setting === null ? 'stop that program' : `stop that program, or name another port with ${setting}`,
  )
}

const disk: Check = ({ disk: facts, daemon }) => {
  if (facts === null) return null
  const free = facts.free_mib * MIB
  const detail = `the disk of the data folder has ${size(free)} free`
  const fix = `make at least ${size(limits.disk_free_mib_min * MIB)} free`
  const full = daemon?.refusal?.code === 'RIPPLE_DISK_FULL' || free < limits.conductor_room_bytes_min
  if (full) return fail(`${detail}, so nothing can be written [RIPPLE_DISK_FULL]`, fix)
  return facts.free_mib >= limits.disk_free_mib_min ? ok(detail) : warn(detail, fix)
}

const memory: Check = ({ memory: facts }) => {
  if (facts === null) return null
  const detail = `${size(facts.free_mib * MIB)} of ${size(facts.total_mib * MIB)} available`
  return facts.free_mib >= limits.memory_free_mib_min ? ok(detail) : warn(detail, 'close other programs')
}

const keystore: Check = ({ keystore: facts }) => {
  if (facts === null) return null
  if (facts.state === 'new') return ok('made at the first start')
  if (facts.state === 'ready') return ok('its passphrase is here')
  return fail(
    'the keystore is locked: its passphrase is missing or wrong [RIPPLE_PASSPHRASE]',
    'put the passphrase file back into the data folder from a backup',
  )
}

const membrane: Check = ({ membrane: facts }) => {
  if (facts === null) return null
  if (facts.state === 'open') return ok('the network is open to all')
  if (facts.state === 'admitted') return ok('the network has admitted this machine')
  const why = facts.why === null ? '' : `: ${facts.why}`
  return fail(
    `the network refuses the machine${why}`,
    "ask a member for an invite ('ripple invite' there), and run 'ripple join LINE'",
  )
}

const writes: Check = ({ daemon }) => {
  if (daemon === null) return null
  if (daemon.refusal === null) return ok('own chains take writes')
  const { code, why } = daemon.refusal
  return fail(`${why} [${code}]`, `see 'ripple explain ${code}'`)
}

const conductor: Check = ({ daemon }) => {
  if (daemon === null) return null
  if (daemon.conductor === 'ready') return ok('ready')
  const detail =
    daemon.conductor === 'down' ? 'the conductor is down' : 'the daemon has no connection to its conductor'
  return fail(detail, "wait for its restart, then see its log: 'ripple status' names it")
}

const sleep: Check = ({ daemon }) => {
  const ago = daemon?.slept_ms_ago ?? null
  if (ago === null || ago >= SETTLING_MS) return null
  return warn(
    `the machine woke up ${roughly(ago)} ago, and its connections are being made again`,
    'wait a minute, and look again',
  )
}

const gossip: Check = ({ gossip: facts, daemon, peers }) => {
  if (facts === null || daemon === null) return null
  if ((peers?.online ?? 0) === 0) return ok('no other machine to compare data with')
  const last = facts.last_ms_ago
  if (last !== null && last < GOSSIP_SILENT_MS)
    return ok(`${facts.rounds} comparisons of data, the last ${roughly(last)} ago`)
  if (daemon.up_ms < GOSSIP_SILENT_MS) return ok('data has not been compared with another machine yet')
  return warn(
    `the conductor has compared no data with another machine for ${last === null ? roughly(daemon.up_ms) : roughly(last)}`,
    "restart the daemon: 'ripple down && ripple up'",
  )
}

const alone: Check = ({ peers, server: at, daemon }) => {
  if (peers === null || daemon === null) return null
  if (peers.online > 0) return ok(`${peers.online} online of ${peers.known} known`)
  if (peers.waiting > 0)
    return warn(
      `machines that are there and not accepted on both sides: ${peers.waiting}`,
      "'ripple peers' names them, and 'ripple peer accept NAME' accepts one",
    )
  if (at === null || at.here) return ok('no other machine is there')
  return warn(
    `no other machine is there, with the bootstrap server ${at.url}`,
    "if other machines are up, compare with one of them: 'ripple doctor --code' there, 'ripple doctor --with CODE' here",
  )
}

const models: Check = ({ models: facts }) => {
  if (facts === null) return null
  if (facts.problem !== null) return warn(facts.problem.detail, facts.problem.fix)
  const indexing = facts.indexing.map((name) => `${name}, which is not indexed yet`)
  if (facts.names.length > 0) return ok([...facts.names, ...indexing].join(', '))
  if (indexing.length > 0)
    return warn(`none but ${indexing.join(', ')}`, 'wait: a daemon that runs offers it then')
  return warn('no model is here, so this machine takes no inference', "fetch one with 'ripple model pull'")
}

const gpu: Check = ({ gpu: facts }) => {
  if (facts === null) return null
  if (facts.name === null) return ok('none is here')
  return ok(facts.used ? `${facts.name}, used by the engine` : `${facts.name}, not used by the engine`)
}

const ipfs: Check = ({ ipfs: facts }) => {
  if (facts === null) return null
  return facts.reachable
    ? ok(`${facts.kind} answers`)
    : fail(`the store of artifacts (${facts.kind}) does not answer`, 'start it, or unset artifacts.kubo_url')
}

/** The checks by name, in the order in which `doctor` shows them. */
const checks: Readonly<Record<string, Check>> = {
  keystore,
  disk,
  memory,
  ports,
  proxies,
  interfaces,
  mdns,
  server,
  'server clock': serverClock,
  membrane,
  models,
  gpu,
  ipfs,
  conductor,
  writes,
  sleep,
  peers: alone,
  gossip,
}

/** Checks a machine by its facts. `of` names it if it is another one. Subjects that it does not know are left out. */
export function checkMachine(facts: MachineFacts, of: string | null = null): Finding[] {
  return Object.entries(checks).flatMap(([name, check]) => {
    const result = check(facts)
    return result === null ? [] : [{ name, of, ...result }]
  })
}
