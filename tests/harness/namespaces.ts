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
