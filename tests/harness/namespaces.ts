import { execFileSync, spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { send } from '../../host/processes/left-over.ts'
import type { Machine } from './peer.ts'

/** Two machines on one cable: network namespaces of this machine, joined by a veth pair. */
export interface TwoMachines extends Disposable {
  readonly machines: readonly [Machine, Machine]
  readonly addresses: readonly [string, string]
}

/** Why namespaces cannot be made here, or null when they can: they take Linux, root and iproute2. */
export function namespaceProblem(): string | null {
  if (process.platform !== 'linux') return 'network namespaces are a Linux thing'
  if (process.getuid?.() !== 0) return 'making network namespaces takes root'
  return spawnSync('ip', ['netns', 'list']).status === 0 ? null : 'the program ip (iproute2) is missing'
}

/** The machines behind a NAT, by index: their own router lets nobody in who was not asked from inside. */
interface LanOptions {
  readonly behindNat?: readonly number[]
}

/** Machines on one switch, and a machine for what serves them all. */
export interface Lan extends Disposable {
  readonly machines: readonly Machine[]
  /** The addresses on the switch: of the machines, or of their routers. */
  readonly addresses: readonly string[]
  readonly hub: Machine
  /** The hub's address, as the others reach it. */
  readonly hubAddress: string
  /** Pulls a machine's cable, or puts it back. */
  plug(index: number, on: boolean): void
  /** Moves these machines to a switch of their own, and all others to the first one; an empty list joins all again. */
  split(apart: readonly number[]): void
  /** Bytes that a machine has sent and received over its cable since it exists. */
  traffic(index: number): number
  /** Processes that run on a machine; without an index, on all of them and on the hub. */
  processes(index?: number): number[]
}

/**
 * A router's rules. Ports are drawn at random, as carriers' routers do, so that no peer can guess the one that another
 * peer was shown.
 */
const natRules = `table ip nat {
  chain outward { type nat hook postrouting priority srcnat; oifname "card" masquerade random; }
  chain across {
    type filter hook forward priority filter; policy drop;
    ct state established,related accept
    iifname "inner" accept
  }
}
`

/** Makes a switch and so many machines on it; disposing takes them away again. */
export function lan(count: number, { behindNat = [] }: LanOptions = {}): Lan {
  const made: string[] = []
  const make = (what: string): string => {
    const name = `ripple-${what}-${process.pid}`
    ip('netns', 'add', name)
    made.push(name)
    ip('-n', name, 'link', 'set', 'lo', 'up')
    return name
  }
  const remove = () => {
    for (const name of made) ip('netns', 'delete', name)
  }
  try {
    const hub = make('hub')
    for (const name of ['switch', 'apart']) {
      ip('-n', hub, 'link', 'add', name, 'type', 'bridge')
      ip('-n', hub, 'link', 'set', name, 'up')
    }
    ip('-n', hub, 'address', 'add', '10.78.0.254/24', 'dev', 'switch')
    const names = Array.from({ length: count }, (_, index) => make(`${index}`))
    const addresses = names.map((_, index) => `10.78.0.${index + 1}`)
    names.forEach((name, index) => {
      const outer = behindNat.includes(index) ? router(make(`nat${index}`), name, index) : name
      ip('link', 'add', 'card', 'netns', outer, 'type', 'veth', 'peer', 'name', `port${index}`, 'netns', hub)
      ip('-n', hub, 'link', 'set', `port${index}`, 'master', 'switch', 'up')
      ip('-n', outer, 'address', 'add', `${addresses[index]}/24`, 'dev', 'card')
      ip('-n', outer, 'link', 'set', 'card', 'up')
      // Multicast goes by the routing table, and every machine on a LAN has a way out.
      ip('-n', outer, 'route', 'add', 'default', 'dev', 'card')
    })
    return {
      machines: names.map(inside),
      addresses,
      hub: inside(hub),
      hubAddress: '10.78.0.254',
      // The switch's end of the cable: a machine whose own card goes down would lose its routes as well.
      plug: (index, on) => ip('-n', hub, 'link', 'set', `port${index}`, on ? 'up' : 'down'),
      split: (apart) => {
        for (const index of names.keys())
          ip('-n', hub, 'link', 'set', `port${index}`, 'master', apart.includes(index) ? 'apart' : 'switch')
      },
      traffic: (index) => bytesOf(hub, `port${index}`),
      processes: (index) => (index === undefined ? made : [names[index] ?? hub]).flatMap(pidsIn),
      [Symbol.dispose]: remove,
    }
  } catch (thrown) {
    remove()
    throw thrown
  }
}

/** Puts a machine behind a router, which takes its place on the switch. Returns the router. */
function router(name: string, machine: string, index: number): string {
  ip('link', 'add', 'card', 'netns', machine, 'type', 'veth', 'peer', 'name', 'inner', 'netns', name)
  ip('-n', machine, 'address', 'add', `192.168.${index + 1}.2/24`, 'dev', 'card')
  ip('-n', machine, 'link', 'set', 'card', 'up')
  ip('-n', name, 'address', 'add', `192.168.${index + 1}.1/24`, 'dev', 'inner')
  ip('-n', name, 'link', 'set', 'inner', 'up')
  ip('-n', machine, 'route', 'add', 'default', 'via', `192.168.${index + 1}.1`)
  const [program = '', ...exec] = inside(name).prefix
  execFileSync(program, [...exec, 'sh', '-c', 'echo 1 > /proc/sys/net/ipv4/ip_forward'])
  execFileSync(program, [...exec, 'nft', '-f', '-'], { input: natRules })
  return name
}

/** Bytes both ways over a card. */
function bytesOf(name: string, card: string): number {
  const shown = execFileSync('ip', ['-n', name, '-s', '-j', 'link', 'show', card], { encoding: 'utf8' })
  const [link] = JSON.parse(shown) as { stats64: { rx: { bytes: number }; tx: { bytes: number } } }[]
  return (link?.stats64.rx.bytes ?? 0) + (link?.stats64.tx.bytes ?? 0)
}

function pidsIn(name: string): number[] {
  return execFileSync('ip', ['netns', 'pids', name], { encoding: 'utf8' })
    .split('\n')
    .filter(Boolean)
    .map(Number)
}

/** Ends the machines that a killed test program has left, with all that runs on them. */
export function sweepNamespaces(): void {
  const listed = execFileSync('ip', ['netns', 'list'], { encoding: 'utf8' }).split('\n')
  for (const line of listed) {
    const [, name = '', owner = ''] = /^(ripple-\w+-(\d+))(?: |$)/.exec(line) ?? []
    if (name === '' || existsSync(`/proc/${owner}`)) continue
    for (const pid of pidsIn(name)) send(pid, 'SIGKILL')
    ip('netns', 'delete', name)
  }
}

/** Makes them; disposing takes them away again. */
export function twoMachines(): TwoMachines {
  const names = [`ripple-a-${process.pid}`, `ripple-b-${process.pid}`] as const
  const cards = [`rpa${process.pid % 100_000}`, `rpb${process.pid % 100_000}`] as const
  const addresses = ['10.77.0.1', '10.77.0.2'] as const
  for (const name of names) ip('netns', 'add', name)
  ip('link', 'add', cards[0], 'netns', names[0], 'type', 'veth', 'peer', 'name', cards[1], 'netns', names[1])
  names.forEach((name, index) => {
    const card = cards[index] ?? ''
    ip('-n', name, 'address', 'add', `${addresses[index]}/24`, 'dev', card)
    ip('-n', name, 'link', 'set', 'lo', 'up')
    ip('-n', name, 'link', 'set', card, 'up')
    // Multicast goes by the routing table.
    ip('-n', name, 'route', 'add', '224.0.0.0/4', 'dev', card)
  })
  return {
    machines: [inside(names[0]), inside(names[1])],
    addresses,
    [Symbol.dispose]: () => {
      for (const name of names) ip('netns', 'delete', name)
    },
  }
}

function inside(name: string): Machine {
  return { prefix: ['ip', 'netns', 'exec', name] }
}

function ip(...args: string[]): void {
  execFileSync('ip', args, { stdio: ['ignore', 'ignore', 'inherit'] })
}
