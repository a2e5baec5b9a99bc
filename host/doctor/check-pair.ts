/** Checks why two machines do not meet, by the facts of both and by what each reaches of the other. */
import { roughly } from '../operations/text.ts'
import { type Finding, fail, ok, type Result, warn } from '../types/finding.ts'
import type { MachineFacts, PairFacts, ReachFacts } from '../types/machine-facts.ts'
import { SKEW_FAIL_MS, SKEW_WARN_MS, skewText } from './check-machine.ts'
import { onSharedNetwork, sharedNetworks } from './shared-network.ts'

/** Two machines whose facts are here. */
interface Both extends PairFacts {
  readonly here: MachineFacts
  readonly there: MachineFacts
}

/** Compares one subject; null if its facts are unknown. */
type Check = (pair: Both) => Result | null

const version: Check = ({ here, there, name }) => {
  if (here.version === there.version) return ok(here.version)
  const detail = `this machine runs Ripple ${here.version}, and ${name} runs ${there.version}`
  const fix = 'update the older one, so that both run the same version'
  return sameDnas({ here, there }) === false ? fail(`${detail}, with other DNAs`, fix) : warn(detail, fix)
}

const network: Check = ({ here, there, name }) => {
  if (here.network === null || there.network === null) return null
  if (here.network.name !== there.network.name)
    return fail(
      `this machine is on the network ${here.network.name}, and ${name} is on ${there.network.name}`,
      "start one again on the network of the other: 'ripple up --network NAME'",
    )
  if (here.network.file !== there.network.file)
    return fail(
      `the two machines have different files of the network ${here.network.name}`,
      'give both the same file (network_file)',
    )
  return ok(`both are on ${here.network.name}, with the same file`)
}

const seed: Check = ({ here, there, name }) => {
  if (here.network === null || there.network === null) return null
  if (here.network.name !== there.network.name) return null
  if (here.network.seed === there.network.seed) return ok('both have the same seed')
  return fail(
    `the seed of this machine's network is not that of ${name}, so each is on a network of its own`,
    "join one with the line that the other prints: 'ripple status' there shows it",
  )
}

/** Looks for a machine that has the seed of a private network, and is not one of its members. */
const membrane: Check = ({ here, there, name }) => {
  if (here.membrane === null || there.membrane === null) return null
  if (here.network?.seed !== there.network?.seed) return null
  const isOutside = here.membrane.state === 'open'
  if (isOutside === (there.membrane.state === 'open')) return null
  const [outside, inside] = isOutside ? ['this machine', name] : [name, 'this machine']
  return fail(
    `the network of ${inside} is private, and ${outside} has not joined it, so each is on a network of its own`,
    "ask a member for an invite ('ripple invite' there), and run 'ripple join LINE'",
  )
}

function sameDnas({ here, there }: Pick<Both, 'here' | 'there'>): boolean | null {
  if (here.dnas === null || there.dnas === null) return null
  const roles = new Set([...Object.keys(here.dnas), ...Object.keys(there.dnas)])
  return [...roles].every((role) => here.dnas?.[role] === there.dnas?.[role])
}

const dnas: Check = (pair) => {
  const same = sameDnas(pair)
  if (same === null) return null
  if (same) return ok('both have the same DNAs')
  const roles = Object.keys(pair.here.dnas ?? {}).filter(
    (role) => pair.here.dnas?.[role] !== pair.there.dnas?.[role],
  )
  return fail(
    `the DNAs of ${pair.name} are not those of this machine (${roles.join(', ')}), so each is on a network of its own`,
    'fetch the same release on both, without changes',
  )
}

const clocks: Check = ({ skew_ms: ms, name, way }) => {
  if (ms === null) return null
  if (Math.abs(ms) < SKEW_WARN_MS) return ok('the clocks agree')
  const detail = `the clock of ${name} is ${skewText(ms)} that of this machine`
  const fix = 'set the wrong clock, for example by NTP, and start that daemon again'
  // The age of a code looks like a clock that is behind.
  if (way === 'code' && ms < 0)
    return warn(`${detail}, or its code is ${roughly(-ms)} old`, 'make a new code, and set the wrong clock')
  return Math.abs(ms) >= SKEW_FAIL_MS ? fail(detail, fix) : warn(detail, fix)
}

/** Whether one machine can connect to the other by TCP; null if neither has tried. */
function connects({ out, back }: Pick<PairFacts, 'out' | 'back'>): boolean | null {
  const tried = [...(out?.tcp ?? []), ...(back?.tcp ?? [])]
  return tried.length === 0 ? null : tried.some(({ result }) => result === 'open')
}

/** Whether the two machines have met: over a stream, or because a conductor knows the other agent. */
function met({ way, out, back }: Both): boolean {
  return way === 'stream' || out?.named === true || back?.named === true
}

/** Looks for an interface through which the two would meet, and for what leads past it. */
const interfaces: Check = (pair) => {
  const { here, there, name } = pair
  const shared = sharedNetworks(here, there)
  if (shared === null) return null
  const [first] = shared
  if (first === undefined) return ok('the machines share no network')
  const both = [
    { facts: here, who: 'this machine', own: first.here },
    { facts: there, who: name, own: first.there },
  ]
  const detail = `both are on ${first.network}`
  for (const { facts, who, own } of both) {
    const names = facts.addresses?.some((address) => address.includes(`/${own.address}/`)) ?? true
    if (!names && connects(pair) !== true)
      return fail(
        `${detail}, and ${who} names other addresses to its peers: ${facts.addresses?.join(', ') || 'none'}`,
        `start it again once ${own.name} (${own.address}) is up, or take the other networks down`,
      )
  }
  const astray = both.filter(
    ({ facts, own }) => facts.multicast_by !== null && facts.multicast_by !== own.name,
  )
  // One good side is enough: it is found by the other, and connects.
  if (astray.length === both.length && !met(pair) && here.network?.by_mdns === true) {
    const ways = astray.map(({ facts, who }) => `${who} sends it by ${facts.multicast_by || 'no interface'}`)
    return fail(
      `${detail}, but multicast does not leave by it: ${ways.join(', ')}`,
      `add the route on one of them: 'ip route add 224.0.0.0/4 dev ${first.here.name}' here`,
    )
  }
  return ok(detail)
}

const relay: Check = (pair) => {
  const { here, there, name, way } = pair
  if (connects(pair) !== false || onSharedNetwork(here, there) !== false) return null
  if (way === 'stream') return ok('a relay carries what no direct connection does')
  const none =
    here.relay === true || there.relay === true ? 'their relay does not connect them' : 'no relay is there'
  return fail(
    `this machine and ${name} are on different networks, no direct connection is possible, and ${none}`,
    "run 'ripple relay' on a machine that both reach, or open the libp2p port (net.port) of one to the other",
  )
}

const tcp: Check = (pair) => {
  const tried = connects(pair)
  if (tried === null) return null
  const { name, out, back } = pair
  const open = (reach: ReachFacts | null) => reach?.tcp.find(({ result }) => result === 'open')?.address
  const [to, from] = [open(out), open(back)]
  if (tried) {
    const ways = [to === undefined ? [] : [`to ${to}`], from === undefined ? [] : [`from ${name}`]].flat()
    return ok(`open ${ways.join(' and ')}`)
  }
  if (pair.way === 'stream') return ok('by relay only')
  return fail(
    `no TCP connection between this machine and ${name} opens: ${resultsText([out, back])}`,
    'open the libp2p port (net.port) in the firewalls of both, and turn off client isolation of the access point',
  )
}

/** Lists the failed attempts, each address once. */
function resultsText(reaches: ReadonlyArray<ReachFacts | null>): string {
  const words = {
    refused: 'refused',
    silent: 'no answer',
    mute: 'no word',
    unroutable: 'no route',
    other_peer: 'another peer',
  }
  const tried = reaches.flatMap((reach) => reach?.tcp ?? [])
  const texts = tried.flatMap(({ address, result }) =>
    result === 'open' ? [] : [`${address} ${words[result]}`],
  )
  return [...new Set(texts)].join(', ') || 'no address is known'
}

const udp: Check = ({ out, back, name }) => {
  const [to, from] = [out?.udp ?? null, back?.udp ?? null]
  if ((to === null && from === null) || connects({ out, back }) === false) return null
  if (to !== false && from !== false) return ok('arrives both ways')
  // The conductors' own connection is the better witness: they pass firewalls that know their packets.
  if (out?.path === 'direct' || back?.path === 'direct') return ok('the conductors are connected directly')
  const lost =
    to === from
      ? `between this machine and ${name} does not arrive`
      : to === false
        ? `from this machine does not arrive at ${name}`
        : `from ${name} does not arrive at this machine`
  return warn(
    `UDP ${lost}, so the conductors are connected by the relay of their server only`,
    'allow UDP between the machines in the firewalls of both',
  )
}

const mdns: Check = (pair) => {
  const { here, there, out, back, name } = pair
  if (here.network?.by_mdns !== true || there.network?.by_mdns !== true) return null
  if (here.network.seed !== there.network.seed || onSharedNetwork(here, there) === false) return null
  // Machines whose server was named meet there.
  if ([here, there].every(({ server: at }) => at?.id.includes(':'))) return null
  const [sees, seen] = [out?.mdns ?? null, back?.mdns ?? null]
  if (sees === true || seen === true) return ok(sees === true ? `found ${name}` : `found by ${name}`)
  if (sees === null && seen === null) return null
  const detail = `mDNS of this machine and of ${name} do not find each other`
  const fix =
    "allow multicast (UDP 5353) in firewalls, switches and the access point, or join by address: 'ripple up --peer ADDRESS'"
  return met(pair) ? ok(`${detail}; they have met another way`) : fail(detail, fix)
}

const server: Check = ({ here, there, name }) => {
  if (here.server === null || there.server === null) return null
  if (here.server.id === there.server.id) return ok(`both use ${here.server.url}`)
  return fail(
    `this machine uses the bootstrap server ${here.server.url}, and ${name} uses ${there.server.url}`,
    "join one with the line that the other prints: 'ripple status' there shows it",
  )
}

const acceptance: Check = ({ out, back, name }) => {
  const [accepts, accepted] = [out?.accepted ?? null, back?.accepted ?? null]
  if (accepts === null && accepted === null) return null
  if (accepts !== false && accepted !== false) return ok('each works for the other')
  if (accepts === false)
    return fail(
      `this machine has not accepted ${name}, so it neither asks nor works for it`,
      `accept it: 'ripple peer accept ${name}'`,
    )
  return fail(
    `${name} has not accepted this machine, so it neither asks nor works for it`,
    `accept this machine there: 'ripple peer accept' and the name of this machine`,
  )
}

const agents: Check = (pair) => {
  const { here, there, out, back, name } = pair
  if (here.daemon === null || there.daemon === null) return null
  const [knows, known] = [out?.named ?? null, back?.named ?? null]
  if (knows === null && known === null) return null
  if (knows !== false && known !== false) return ok('the conductors know each other')
  const [who, whom] = knows === false ? ['this machine', name] : [name, 'this machine']
  return warn(
    `the conductor of ${who} does not know ${whom} yet`,
    'wait a minute, and look again; then restart that daemon',
  )
}

/** The comparisons by name, in the order in which `doctor` shows them. */
const comparisons: Readonly<Record<string, Check>> = {
  versions: version,
  networks: network,
  seeds: seed,
  DNAs: dnas,
  membrane,
  clocks,
  'shared network': interfaces,
  relay,
  TCP: tcp,
  UDP: udp,
  'mDNS between': mdns,
  servers: server,
  acceptance,
  agents,
}

/** Judges a machine whose facts did not come. */
function silent({ name, out, seen_ms_ago: ago, left }: PairFacts): Result {
  const results = out?.tcp.map(({ result }) => result) ?? []
  const seen = ago === null ? 'was never heard here' : `was last heard ${roughly(ago)} ago`
  if (left) return fail(`${name} said goodbye: its daemon was stopped`, "start it there with 'ripple up'")
  if (results.includes('mute'))
    return fail(
      `the daemon of ${name} stands still: its machine opens connections, and no word comes; it ${seen}`,
      'wake it up, or stop that daemon and start it again',
    )
  if (results.includes('open'))
    return fail(
      `${name} accepts the connection and does not answer: it does not know this machine, or runs another version`,
      "run 'ripple doctor --code' there, and 'ripple doctor --with CODE' here",
    )
  if (results.includes('refused'))
    return fail(`the machine of ${name} answers, and no daemon listens there`, "start it with 'ripple up'")
  if (results.includes('other_peer'))
    return fail(
      `another peer answers at the address of ${name}, which ${seen}`,
      `see that ${name} is up: it announces its new address when it joins`,
    )
  if (results.length === 0)
    return fail(
      `no address of ${name} is known`,
      "run 'ripple doctor --code' there, and 'ripple doctor --with CODE' here",
    )
  if (ago === null)
    return fail(
      `nothing comes back from ${name}, which ${seen}: it is off, or a firewall drops what is sent to it`,
      "see that it is on; then run 'ripple doctor --code' there, and 'ripple doctor --with CODE' here",
    )
  return fail(
    `${name} is asleep or off: it ${seen}, and nothing comes back from its addresses`,
    'wake it up, and keep it from sleeping while it serves others',
  )
}

/** Compares this machine with another one. */
export function checkPair(here: MachineFacts, pair: PairFacts): Finding[] {
  const { there } = pair
  if (there === null) return [{ name: 'answer', of: null, ...silent(pair) }]
  const both: Both = { ...pair, here, there }
  return Object.entries(comparisons).flatMap(([name, check]) => {
    const result = check(both)
    return result === null ? [] : [{ name, of: null, ...result }]
  })
}
