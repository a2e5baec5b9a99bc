// Injects troubles of the network between two machines in namespaces, and looks for their names in the conclusion.
import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { createInterface, type Interface } from 'node:readline'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { PeerAddress } from '../../host/net/libp2p.ts'
import { type Lan, lan, namespaceProblem } from '../harness/namespaces.ts'
import type { Machine } from '../harness/peer.ts'

const problem =
  namespaceProblem() ?? (spawnSync('nft', ['--version']).status === 0 ? null : 'the program nft is missing')
const PORT = 31_000
const LONG_MS = 60_000

/** A machine's program, which takes orders. */
interface Remote {
  readonly machine: Machine
  readonly at: PeerAddress
  tell(order: unknown): void
  ask<T>(order: unknown): Promise<T>
}

interface Conclusion {
  readonly way: string
  readonly cause: string | null
  readonly sentence: string
}

let folder: string
let network: Lan
let children: ChildProcess[]
let remotes: Remote[]
beforeEach(async () => {
  if (problem !== null) return
  folder = mkdtempSync(join(tmpdir(), 'ripple-sick-'))
  network = lan(2)
  children = []
  const health = `require('node:http').createServer((_, r) => r.end('{}')).listen(${PORT}, () => console.log('{}'))`
  const server = start(network.hub, '-e', health)
  await next(createInterface({ input: server.stdout as NodeJS.ReadableStream }))
  remotes = await Promise.all(
    network.machines.map((machine, index) => open(machine, index === 0 ? 'a' : 'b')),
  )
}, LONG_MS)
afterEach(() => {
  if (problem !== null) return
  for (const child of children) child.kill('SIGKILL')
  network[Symbol.dispose]()
  rmSync(folder, { recursive: true, force: true })
})

function start({ prefix: [program = '', ...prefix] }: Machine, ...words: string[]): ChildProcess {
  const child = spawn(program, [...prefix, process.execPath, ...words], {
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  children.push(child)
  return child
}

async function next(lines: Interface): Promise<string> {
  return new Promise((done) => lines.once('line', done))
}

/** Starts a machine's program; `serves` says whether a server is named, or the machines of the LAN choose one. */
async function open(machine: Machine, name: string, serves = true): Promise<Remote> {
  const program = resolve(import.meta.dirname, '../harness/doctor-peer.ts')
  const url = serves ? `http://${network.hubAddress}:${PORT}` : ''
  const child = start(machine, program, folder, name, url, `ripple-sick-${process.pid}.local`)
  const lines = createInterface({ input: child.stdout as NodeJS.ReadableStream })
  const at: PeerAddress = JSON.parse(await next(lines))
  const tell = (order: unknown) => void child.stdin?.write(`${JSON.stringify(order)}\n`)
  return {
    ...{ machine, at, tell },
    ask: async (order) => {
      const answer = next(lines)
      tell(order)
      return JSON.parse(await answer)
    },
  }
}

/** Runs a program on a machine. */
function on({ machine: { prefix } }: Remote, ...words: string[]): void {
  const [program = '', ...rest] = [...prefix, ...words]
  execFileSync(program, rest)
}

/** Drops packets that come in on a machine. */
function drop(remote: Remote, rule: string): void {
  on(remote, 'nft', 'add table inet sick')
  on(remote, 'nft', 'add chain inet sick input { type filter hook input priority 0 ; }')
  on(remote, 'nft', `add rule inet sick input ${rule} drop`)
}

const both = (): [Remote, Remote] => remotes as [Remote, Remote]

/** Compares the first machine with the second, which have each other's cards and heard each other just now. */
async function byName(ago = 0): Promise<Conclusion> {
  const [a, b] = both()
  a.tell({ meet: 'b', at: b.at, ago })
  b.tell({ meet: 'a', at: a.at, ago })
  return a.ask({ compare: 'b' })
}

/** Compares the first machine with the code of the second, which it has not met. */
async function byCode(): Promise<Conclusion> {
  const [a, b] = both()
  return a.ask({ compare: await b.ask<string>({ code: true }) })
}

describe.skipIf(problem !== null)(`doctor on a LAN in namespaces${problem ? ` (${problem})` : ''}`, () => {
  test(
    'doctor names nothing on two machines that reach each other',
    async () => {
      expect(await byName()).toMatchObject({ way: 'stream', cause: null })
    },
    LONG_MS,
  )

  const troubles: Array<[string, string, RegExp, () => void, () => Promise<Conclusion>]> = [
    [
      'UDP that does not come in there',
      'UDP',
      /UDP from this machine does not arrive at b/,
      () => drop(both()[1], 'meta l4proto udp'),
      byName,
    ],
    [
      'UDP that does not come in here',
      'UDP',
      /UDP from b does not arrive at this machine/,
      () => drop(both()[0], 'meta l4proto udp'),
      byName,
    ],
    [
      'a firewall that drops TCP',
      'TCP',
      /no TCP connection between this machine and b opens: .*10\.78\.0\.2\/tcp\/\d+ no answer/,
      () => drop(both()[1], 'ip saddr 10.78.0.1 meta l4proto tcp'),
      byCode,
    ],
    [
      'a firewall that drops mDNS',
      'mDNS between',
      /mDNS of this machine and of d do not find each other/,
      () => {},
      async () => {
        // The machines of this test began to look for each other before anything was dropped.
        const [a, b] = both()
        for (const one of [a, b]) drop(one, 'udp dport 5353')
        remotes = [await open(a.machine, 'c', false), await open(b.machine, 'd', false)]
        return byCode()
      },
    ],
    [
      'multicast that leaves by another interface',
      'shared network',
      /both are on 10\.78\.0\.1\/24, but multicast does not leave by it: .*other/,
      () => {},
      async () => {
        const [a, b] = both()
        for (const one of [a, b]) {
          on(one, 'ip', 'link', 'add', 'other', 'type', 'bridge')
          on(one, 'ip', 'address', 'add', '10.99.0.1/24', 'dev', 'other')
          on(one, 'ip', 'link', 'set', 'other', 'up')
          on(one, 'ip', 'route', 'add', '224.0.0.0/4', 'dev', 'other')
        }
        remotes = [await open(a.machine, 'c'), await open(b.machine, 'd')]
        return byCode()
      },
    ],
    [
      'a machine whose cable is out',
      'answer',
      /b is asleep or off: it was last heard \d+ min ago/,
      () => network.plug(1, false),
      () => byName(200_000),
    ],
    [
      'a daemon that has gone',
      'answer',
      /the machine of b answers, and no daemon listens there/,
      () => void children.at(-1)?.kill('SIGKILL'),
      byName,
    ],
    [
      'a server that is down',
      'server',
      /the bootstrap server http:\/\/10\.78\.0\.254:31000 does not answer/,
      () => void children[0]?.kill('SIGKILL'),
      byName,
    ],
  ]
  test.each(troubles)(
    'doctor names %s',
    async (_what, name, words, inject, look) => {
      inject()
      const { cause, sentence } = await look()
      expect(sentence).toMatch(words)
      expect(cause).toBe(name)
    },
    LONG_MS,
  )
})
