/** Tests that `ripple doctor`, as a person types it, names the trouble of two machines with real daemons. */
import { spawnSync } from 'node:child_process'
import { existsSync, readdirSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Conclusion } from '../harness/doctor-says.ts'
import { namespaceProblem } from '../harness/namespaces.ts'
import { otherRelease, withOtherDna } from '../harness/other-release.ts'
import { type Running, running } from '../harness/peer.ts'
import { slow } from '../harness/slow.ts'
import { until } from '../harness/until.ts'
import { VariedPeer } from '../harness/varied-peer.ts'
import { WARM_MS } from '../harness/warm-data.ts'
import { Site } from '../mesh/site.ts'

const problem =
  namespaceProblem() ?? (spawnSync('nft', ['--version']).status === 0 ? null : 'the program nft is missing')
/** The library of `faketime`, which shows another clock to a process; null without it. */
const faketime =
  (existsSync('/usr/lib') ? readdirSync('/usr/lib') : [])
    .map((name) => join('/usr/lib', name, 'faketime/libfaketime.so.1'))
    .find((file) => existsSync(file)) ?? null
/** Milliseconds in which two machines meet, and in which a trouble shows. */
const SHOWS_MS = 60_000
/** Longest time of one row, in milliseconds. */
const LONG_MS = 120_000

let folder = ''
let site: Site
let a: VariedPeer
let b: VariedPeer
/** Two machines behind a NAT each. */
let c: VariedPeer
let d: VariedPeer

beforeAll(async () => {
  if (!slow || problem !== null) return
  folder = await mkdtemp(join(tmpdir(), 'ripple-doctor-mesh-'))
  const engines = ['none', 'none', 'none', 'none'] as const
  const { signal } = new AbortController()
  site = await Site.open({ engines, behindNat: [2, 3], say: () => {}, signal })
  const [one, two, three, four] = site.hosts.map((host) => new VariedPeer(host))
  if (!one || !two || !three || !four) throw new TypeError('a host is missing')
  ;[a, b, c, d] = [one, two, three, four]
}, WARM_MS)
afterAll(async () => {
  if (!slow || problem !== null) return
  await Promise.all([a, b, c, d].map((peer) => peer?.stop()))
  await site?.[Symbol.asyncDispose]()
  await rm(folder, { recursive: true, force: true })
})

/** Waits until two machines see each other. */
async function met(one: VariedPeer, other: VariedPeer): Promise<void> {
  await until('they meet', async () => (await one.sees(other)) && (await other.sees(one)), SHOWS_MS)
}

/** Starts the first two machines as they are on any LAN, and waits until they have met. */
async function healthy(): Promise<void> {
  await Promise.all([a.be(), b.be()])
  await met(a, b)
}

/** Starts the first machine as on any LAN, and the second one on an empty folder, which knows nobody. */
async function stranger(data: string): Promise<void> {
  await Promise.all([a.be(), b.be({ data })])
}

/** Runs a meeting point on the switch. */
function meetingPoint(port: number): Promise<Running<{ url: string }>> {
  const words = ['--data', join(folder, `server-${port}`), '--listen', `${site.lan.hubAddress}:${port}`]
  return running(site.lan.hub, 'relay', ...words)
}

/** Waits until doctor names something, and returns that. */
async function named(look: () => Promise<Conclusion>): Promise<Conclusion> {
  const deadline = performance.now() + SHOWS_MS
  for (;;) {
    const said = await look()
    if (said.cause !== null || performance.now() > deadline) return said
  }
}

/** A trouble, with the check and the words that name it. */
interface Trouble {
  readonly what: string
  readonly cause: string
  readonly words: RegExp
  /** The reason why this machine cannot have the trouble; null if it can. */
  readonly missing?: string | null
  /** Makes the trouble, which `undo` takes away, and returns what doctor says of it. */
  readonly look: (undo: DisposableStack) => Promise<Conclusion>
}

const troubles: readonly Trouble[] = [
  {
    what: 'UDP that does not arrive',
    cause: 'UDP',
    words: /UDP (between this machine and b|from this machine) does not arrive/,
    look: async (undo) => {
      await healthy()
      undo.use(b.drop('meta l4proto udp'))
      return named(() => a.says('--with', 'b'))
    },
  },
  {
    what: 'a peer that is asleep',
    cause: 'answer',
    words:
      /b is asleep or off: it was last heard .* ago, and nothing comes back from its addresses; wake it up/,
    look: async (undo) => {
      await healthy()
      b.host.freeze()
      undo.defer(() => b.host.thaw())
      return a.says('--with', 'b')
    },
  },
  {
    what: 'a peer whose processes stand still',
    cause: 'answer',
    words: /the daemon of b stands still: its machine opens connections, and no word comes/,
    look: async (undo) => {
      await healthy()
      b.halt(true)
      undo.defer(() => b.halt(false))
      return a.says('--with', 'b')
    },
  },
  {
    what: 'a peer whose daemon was stopped',
    cause: 'answer',
    // A goodbye may be lost on a busy machine.
    words: /b (said goodbye: its daemon was stopped|answers, and no daemon listens there); start it/,
    look: async () => {
      await healthy()
      await b.stop()
      return a.says('--with', 'b')
    },
  },
  {
    what: 'a machine that has not accepted this one',
    cause: 'acceptance',
    words: /this machine has not accepted b, so it neither asks nor works for it; accept it/,
    look: async () => {
      await Promise.all([a.be({ env: { RIPPLE_LOCAL_OPEN: 'false' } }), b.be()])
      return named(() => a.says('--with', 'b'))
    },
  },
  {
    what: 'another seed',
    cause: 'seeds',
    words: /the seed of this machine's network is not that of b, so each is on a network of its own/,
    look: async () => {
      await Promise.all([a.be(), b.be({ words: ['--local', 'other'] })])
      return await a.saysOf(b)
    },
  },
  {
    what: 'a clock that is 10 min ahead',
    cause: 'server clock',
    words: /cause, on b: the clock is (9|10) min ahead of that of the bootstrap server; set the clock/,
    missing: faketime === null ? 'libfaketime is missing' : null,
    look: async () => {
      const env = { LD_PRELOAD: faketime ?? '', FAKETIME: '+10m', FAKETIME_DONT_FAKE_MONOTONIC: '1' }
      await Promise.all([a.be(), b.be({ data: 'fast-clock', env })])
      return await a.saysOf(b)
    },
  },
  {
    what: 'another version',
    cause: 'versions',
    words: /this machine runs Ripple .*, and b runs 9\.9\.9; update the older one/,
    look: async () => {
      const release = await otherRelease(join(folder, 'newer'), '9.9.9')
      await Promise.all([a.be(), b.be({ data: 'newer', release })])
      return await a.saysOf(b)
    },
  },
  {
    what: 'another DNA',
    cause: 'DNAs',
    words: /the DNAs of b are not those of this machine \(policy_store\)/,
    look: async () => {
      const release = await withOtherDna(await otherRelease(join(folder, 'changed')), 'policy_store')
      await Promise.all([a.be(), b.be({ data: 'changed', release })])
      return await a.saysOf(b)
    },
  },
  {
    what: 'mDNS that does not arrive',
    cause: 'mDNS between',
    words: /mDNS of this machine and of b do not find each other; allow multicast/,
    look: async (undo) => {
      for (const peer of [a, b]) undo.use(peer.drop('udp dport 5353'))
      await stranger('unseen')
      return await a.saysOf(b)
    },
  },
  {
    what: 'multicast that leaves by another interface',
    cause: 'shared network',
    words: /both are on 10\.78\.0\.1\/24, but multicast does not leave by it/,
    look: async (undo) => {
      for (const peer of [a, b]) {
        peer.on('ip', 'link', 'add', 'other', 'type', 'bridge')
        undo.defer(() => peer.on('ip', 'link', 'delete', 'other'))
        peer.on('ip', 'address', 'add', '10.99.0.1/24', 'dev', 'other')
        peer.on('ip', 'link', 'set', 'other', 'up')
        peer.on('ip', 'route', 'add', '224.0.0.0/4', 'dev', 'other')
      }
      await a.stop()
      await stranger('astray')
      return await a.saysOf(b)
    },
  },
  {
    what: 'a firewall that drops TCP',
    cause: 'TCP',
    words: /no TCP connection between this machine and b opens: \/ip4\/10\.78\.0\.2\/tcp\/\d+ no answer/,
    look: async (undo) => {
      for (const peer of [a, b]) undo.use(peer.drop('iifname "card" meta l4proto tcp'))
      await stranger('closed')
      return await a.saysOf(b)
    },
  },
  {
    what: 'different servers',
    cause: 'servers',
    words: /this machine uses the bootstrap server http:.*:31000, and b uses http:.*:31001; join one/,
    look: async () => {
      await using one = await meetingPoint(31_000)
      await using other = await meetingPoint(31_001)
      await Promise.all([a.be(serverOf(one)), b.be({ ...serverOf(other), data: 'elsewhere' })])
      return await a.saysOf(b)
    },
  },
  {
    what: 'a server that is down',
    cause: 'server',
    words: /the bootstrap server http:.*:31000 does not answer .*start the server again/,
    look: async () => {
      const server = await meetingPoint(31_000)
      await a.be(serverOf(server))
      await server.end('SIGINT')
      return await a.says()
    },
  },
  {
    what: 'a proxy between a machine and its server',
    cause: 'proxies',
    words:
      /the environment names a proxy \(HTTP_PROXY=.*, and the bootstrap server does not answer; unset it/,
    look: async () => {
      await using server = await meetingPoint(31_000)
      const env = { HTTP_PROXY: 'http://10.78.0.9:3128', NODE_USE_ENV_PROXY: '1' }
      await a.be({ ...serverOf(server), env })
      return await a.says()
    },
  },
  {
    what: 'two NATs without a relay',
    cause: 'relay',
    words: /are on different networks, no direct connection is possible, and no relay is there; run/,
    look: async () => {
      await Promise.all([a.stop(), b.stop()])
      await using server = await meetingPoint(31_000)
      const how = { ...serverOf(server), env: { RIPPLE_NET_RELAY: 'off' } }
      await Promise.all([c.be(how), d.be(how)])
      await met(c, d)
      const said = await c.says('--with', 'd')
      await Promise.all([c.stop(), d.stop()])
      return said
    },
  },
]

/** Returns how a daemon runs that was given a server. */
function serverOf({ ready }: Running<{ url: string }>) {
  return { words: ['--bootstrap', `${ready.url.split('#')[0]}#home`] }
}

describe.skipIf(!slow || problem !== null)(
  `doctor on hosts in namespaces${problem ? ` (${problem})` : ''}`,
  () => {
    test(
      'doctor names nothing on a healthy mesh',
      async () => {
        await healthy()
        for (const said of [await a.says(), await a.says('--with', 'b'), await b.says('--with', 'a')])
          expect(said).toEqual({
            cause: null,
            sentence: expect.stringMatching(/^Nothing keeps this machine/),
          })
        expect((await a.saysOf(b)).cause).toBeNull()
      },
      LONG_MS,
    )

    test.for(troubles)(
      'doctor names $what',
      { timeout: LONG_MS },
      async ({ cause, words, look, missing = null }, { skip }) => {
        if (missing !== null) skip(missing)
        using undo = new DisposableStack()
        const said = await look(undo)
        expect(said).toEqual({ cause, sentence: expect.stringMatching(words) })
      },
    )
  },
)
