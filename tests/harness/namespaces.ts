import { execFileSync, spawnSync } from 'node:child_process'
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

/** Machines on one switch, and a machine for what serves them all. */
export interface Lan extends Disposable {
  readonly machines: readonly Machine[]
  readonly hub: Machine
  /** The hub's address, as the others reach it. */
  readonly hubAddress: string
  /** Pulls a machine's cable, or puts it back. */
  plug(index: number, on: boolean): void
  /** Processes that run on these machines. */
  processes(): number[]
}

/** Makes a switch and so many machines on it; disposing takes them away again. */
export function lan(count: number): Lan {
  const hub = `ripple-hub-${process.pid}`
  const names = Array.from({ length: count }, (_, index) => `ripple-${index}-${process.pid}`)
  for (const name of [hub, ...names]) ip('netns', 'add', name)
  ip('-n', hub, 'link', 'add', 'switch', 'type', 'bridge')
  ip('-n', hub, 'address', 'add', '10.78.0.254/24', 'dev', 'switch')
  for (const card of ['lo', 'switch']) ip('-n', hub, 'link', 'set', card, 'up')
  names.forEach((name, index) => {
    const port = `port${index}`
    ip('link', 'add', 'card', 'netns', name, 'type', 'veth', 'peer', 'name', port, 'netns', hub)
    ip('-n', hub, 'link', 'set', port, 'master', 'switch', 'up')
    ip('-n', name, 'address', 'add', `10.78.0.${index + 1}/24`, 'dev', 'card')
    for (const card of ['lo', 'card']) ip('-n', name, 'link', 'set', card, 'up')
    // Multicast goes by the routing table, and every machine on a LAN has a way out.
    ip('-n', name, 'route', 'add', 'default', 'dev', 'card')
  })
  return {
    machines: names.map(inside),
    hub: inside(hub),
    hubAddress: '10.78.0.254',
    // The switch's end of the cable: a machine whose own card goes down would lose its routes as well.
    plug: (index, on) => ip('-n', hub, 'link', 'set', `port${index}`, on ? 'up' : 'down'),
    processes: () =>
      [hub, ...names].flatMap((name) => {
        const pids = execFileSync('ip', ['netns', 'pids', name], { encoding: 'utf8' })
        return pids.split('\n').filter(Boolean).map(Number)
      }),
    [Symbol.dispose]: () => {
      for (const name of [hub, ...names]) ip('netns', 'delete', name)
    },
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
