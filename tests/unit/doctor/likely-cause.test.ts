// Injects one trouble into the facts of two healthy machines, with the symptoms that follow, and looks for its name.
import { describe, expect, test } from 'vitest'
import { checkMachine } from '../../../host/doctor/check-machine.ts'
import { checkPair } from '../../../host/doctor/check-pair.ts'
import { causeSentence, likelyCause } from '../../../host/doctor/likely-cause.ts'
import type { MachineFacts, PairFacts } from '../../../host/types/machine-facts.ts'
import { healthy, healthyPair } from './facts.ts'

type Tcp = NonNullable<PairFacts['out']>['tcp'][number]['result']

/** Facts that a test changes. */
interface Trouble {
  here: MachineFacts
  pair: PairFacts
}

/** Makes two machines that have not met: neither conductor knows the other, and no stream connects them. */
function unmet(): Trouble {
  const { here, pair } = healthyPair()
  const alone = { peers: { known: 0, online: 0, waiting: 0, named: 1 }, mdns: { on: true, seen: 0 } }
  const gossip = { peers: 0, rounds: 0, errors: 0, last_ms_ago: null }
  const missing = { named: false, mdns: false, path: 'none' } as const
  return {
    here: { ...here, ...alone, gossip },
    pair: {
      ...pair,
      way: 'code',
      there: {
        ...pair.there,
        ...alone,
        gossip,
        server: { ...server(), id: 'b', url: 'http://10.77.0.2:41000' },
      },
      skew_ms: null,
      seen_ms_ago: null,
      out: { ...pair.out, ...missing, udp: null },
      back: null,
    },
  }
}

const server = () => ({
  url: 'http://10.77.0.1:41000',
  id: 'a',
  here: true,
  reachable: true,
  skew_ms: 0,
})

/** Makes each connection attempt of a trouble end like this. */
function tcp(trouble: Trouble, result: Tcp): void {
  for (const reach of [trouble.pair.out, trouble.pair.back])
    if (reach) reach.tcp = reach.tcp.map((one) => ({ ...one, result }))
}

/** Returns the facts of the other machine, whose trouble has them. */
function there({ pair }: Trouble): MachineFacts {
  if (pair.there === null) throw new TypeError('the facts are missing')
  return pair.there
}

function causeOf({ here, pair }: Trouble) {
  const findings = [
    ...checkMachine(here),
    ...(pair.there === null ? [] : checkMachine(pair.there, pair.name)),
    ...checkPair(here, pair),
  ]
  const cause = likelyCause(findings)
  return { cause, sentence: causeSentence(cause, findings, pair.name) }
}

/** Each trouble with the words by which its sentence names it. */
const troubles: Array<[string, string, RegExp, () => Trouble]> = [
  [
    'another seed',
    'seeds',
    /the seed of this machine's network is not that of b/,
    () => {
      const trouble = unmet()
      there(trouble).network = { name: 'local', seed: 'c'.repeat(16), file: 'b'.repeat(16), by_mdns: true }
      return trouble
    },
  ],
  [
    'other DNAs',
    'DNAs',
    /the DNAs of b are not those of this machine \(resource_mesh\)/,
    () => {
      const trouble = unmet()
      there(trouble).dnas = { agent_registry: 'uhC0kAgents', resource_mesh: 'uhC0kOther' }
      return trouble
    },
  ],
  [
    'another version with other DNAs',
    'versions',
    /this machine runs Ripple 1\.0\.0, and b runs 1\.1\.0, with other DNAs/,
    () => {
      const trouble = unmet()
      Object.assign(there(trouble), { version: '1.1.0', dnas: { agent_registry: 'uhC0kOther' } })
      return trouble
    },
  ],
  [
    'another version alone',
    'versions',
    /b runs 1\.1\.0; update the older one/,
    () => {
      const { here, pair } = healthyPair()
      return { here, pair: { ...pair, there: { ...pair.there, version: '1.1.0' } } }
    },
  ],
  [
    'a clock that is 10 min behind',
    'clocks',
    /the clock of b is 10 min behind that of this machine/,
    () => {
      const trouble = unmet()
      return { ...trouble, pair: { ...trouble.pair, way: 'conductor', skew_ms: -600_000 } }
    },
  ],
  [
    'a clock that is 10 min ahead, by a code',
    'clocks',
    /the clock of b is 10 min ahead/,
    () => {
      const trouble = unmet()
      return { ...trouble, pair: { ...trouble.pair, skew_ms: 600_000 } }
    },
  ],
  [
    "a clock that is 10 min off the server's",
    'server clock',
    /on b: the clock is 10 min behind that of the bootstrap server/,
    () => {
      const trouble = unmet()
      there(trouble).server = { ...server(), here: false, skew_ms: -600_000 }
      return trouble
    },
  ],
  [
    'blocked UDP',
    'UDP',
    /UDP between this machine and b does not arrive/,
    () => {
      const { here, pair } = healthyPair()
      const blocked = { udp: false, path: 'relayed' } as const
      return { here, pair: { ...pair, out: { ...pair.out, ...blocked }, back: { ...pair.back, ...blocked } } }
    },
  ],
  [
    'UDP blocked on the way there',
    'UDP',
    /UDP from this machine does not arrive at b/,
    () => {
      const { here, pair } = healthyPair()
      return {
        here,
        pair: {
          ...pair,
          out: { ...pair.out, udp: false, path: 'relayed' },
          back: { ...pair.back, path: 'relayed' },
        },
      }
    },
  ],
  ['blocked mDNS', 'mDNS between', /mDNS of this machine and of b do not find each other/, unmet],
  [
    'a firewall that drops TCP',
    'TCP',
    /no TCP connection between this machine and b opens: \/ip4\/10\.77\.0\.2\/tcp\/4001 no answer/,
    () => {
      const trouble = unmet()
      tcp(trouble, 'silent')
      return trouble
    },
  ],
  [
    'multicast by the wrong interface',
    'shared network',
    /both are on 10\.77\.0\.1\/24, but multicast does not leave by it: .*b sends it by docker0/,
    () => {
      const trouble = unmet()
      for (const facts of [trouble.here, there(trouble)]) {
        facts.interfaces?.push({ name: 'docker0', address: '172.17.0.1', prefix: 16, kind: 'bridge' })
        facts.multicast_by = 'docker0'
      }
      return trouble
    },
  ],
  [
    'addresses of the wrong interface',
    'shared network',
    /b names other addresses to its peers: \/ip4\/172\.17\.0\.1\/tcp\/4001/,
    () => {
      const trouble = unmet()
      there(trouble).addresses = ['/ip4/172.17.0.1/tcp/4001']
      tcp(trouble, 'refused')
      return trouble
    },
  ],
  [
    'a server that is down',
    'server',
    /the bootstrap server http:\/\/10\.77\.0\.1:41000 does not answer/,
    () => {
      const { here, pair } = healthyPair()
      const down = { ...server(), here: false, reachable: false }
      return { here: { ...here, server: down }, pair: { ...pair, there: { ...pair.there, server: down } } }
    },
  ],
  [
    'different servers',
    'servers',
    /this machine uses the bootstrap server .*1:41000, and b uses .*2:41000/,
    () => {
      const trouble = unmet()
      const elsewhere = { ...server(), here: false, id: '10.77.0.2:41000', url: 'http://10.77.0.2:41000' }
      trouble.here = { ...trouble.here, server: { ...server(), here: false, id: '10.77.0.1:41000' } }
      there(trouble).server = elsewhere
      return trouble
    },
  ],
  [
    'a port that another program holds',
    'ports',
    /another program holds port 21100, which the forwarder needs/,
    () => {
      const trouble = unmet()
      trouble.here = {
        ...trouble.here,
        daemon: null,
        ports: [{ use: 'forwarder', port: 21_100, state: 'taken' }],
      }
      return trouble
    },
  ],
  [
    'a full disk on the other machine',
    'disk',
    /on b: the disk of the data folder has 2\.0 MiB free, so nothing can be written/,
    () => {
      const { here, pair } = healthyPair()
      const refusal = { code: 'RIPPLE_DISK_FULL', why: 'no space is left' }
      const daemon = { ...pair.there.daemon, refusal } as MachineFacts['daemon']
      return { here, pair: { ...pair, there: { ...pair.there, disk: { free_mib: 2 }, daemon } } }
    },
  ],
  [
    'a membrane that refuses the machine',
    'membrane',
    /the network refuses the machine: the proof has expired/,
    () => {
      const trouble = unmet()
      trouble.here = { ...trouble.here, membrane: { state: 'refused', why: 'the proof has expired' } }
      return trouble
    },
  ],
  [
    'a machine that has the seed of a private network only',
    'membrane',
    /the network of b is private, and this machine has not joined it/,
    () => {
      const trouble = unmet()
      there(trouble).membrane = { state: 'admitted', why: null }
      return trouble
    },
  ],
  [
    'a machine that has not accepted this one',
    'acceptance',
    /b has not accepted this machine, so it neither asks nor works for it/,
    () => {
      const { here, pair } = healthyPair()
      return { here, pair: { ...pair, back: { ...pair.back, accepted: false } } }
    },
  ],
  [
    'a machine that this one has not accepted',
    'acceptance',
    /this machine has not accepted b, .*; accept it: 'ripple peer accept b'/,
    () => {
      const { here, pair } = healthyPair()
      return { here, pair: { ...pair, out: { ...pair.out, accepted: false } } }
    },
  ],
  [
    'a locked keystore',
    'keystore',
    /the keystore is locked: its passphrase is missing/,
    () => {
      const trouble = unmet()
      trouble.here = { ...trouble.here, daemon: null, keystore: { state: 'locked' } }
      return trouble
    },
  ],
  [
    'a peer that sleeps',
    'answer',
    /b is asleep or off: it was last heard 3 min ago, and nothing comes back/,
    () => {
      const { here, pair } = healthyPair()
      const trouble: Trouble = {
        here,
        pair: { ...pair, way: 'none', there: null, skew_ms: null, seen_ms_ago: 200_000, back: null },
      }
      tcp(trouble, 'silent')
      return trouble
    },
  ],
  [
    'a peer whose processes are stopped',
    'answer',
    /the daemon of b stands still: .*it was last heard 3 s ago; wake it up/,
    () => {
      const { here, pair } = healthyPair()
      const trouble: Trouble = {
        here,
        pair: { ...pair, way: 'none', there: null, skew_ms: null, seen_ms_ago: 3_000, back: null },
      }
      tcp(trouble, 'mute')
      return trouble
    },
  ],
  [
    'a peer whose daemon has stopped',
    'answer',
    /b said goodbye: its daemon was stopped/,
    () => {
      const { here, pair } = healthyPair()
      return { here, pair: { ...pair, way: 'none', there: null, skew_ms: null, left: true, back: null } }
    },
  ],
  [
    'a proxy between the machine and its server',
    'proxies',
    /the environment names a proxy \(HTTP_PROXY=http:\/\/10\.0\.0\.9:3128\), and the bootstrap server does not answer/,
    () => {
      const trouble = unmet()
      trouble.here = {
        ...trouble.here,
        proxies: [{ variable: 'HTTP_PROXY', url: 'http://10.0.0.9:3128' }],
        server: { ...server(), here: false, reachable: false },
      }
      return trouble
    },
  ],
  [
    'two NATs without a relay',
    'relay',
    /are on different networks, no direct connection is possible, and no relay is there/,
    () => apart(unmet()),
  ],
]

/** Puts the machines of a trouble behind two NATs, so that neither reaches the other. */
function apart(trouble: Trouble): Trouble {
  there(trouble).interfaces = [{ name: 'eth0', address: '192.168.7.2', prefix: 24, kind: 'lan' }]
  there(trouble).server = { ...server(), here: false }
  tcp(trouble, 'silent')
  return trouble
}

describe('the most likely cause', () => {
  test.each(troubles)('doctor names %s', (_what, name, words, make) => {
    const { cause, sentence } = causeOf(make())
    expect(sentence).toMatch(words)
    expect(cause?.name).toBe(name)
    expect(sentence).toMatch(/^The most likely cause.*[^.]\.$/)
  })

  test('doctor names nothing on two healthy machines', () => {
    expect(causeOf(healthyPair())).toEqual({
      cause: null,
      sentence: 'Nothing keeps this machine and b from working together.',
    })
  })

  test('doctor names nothing on two machines that a relay connects', () => {
    const trouble = apart(healthyPair())
    for (const reach of [trouble.pair.out, trouble.pair.back]) Object.assign(reach ?? {}, { udp: false })
    expect(causeOf(trouble).cause).toBeNull()
  })

  test('doctor names nothing on a healthy machine without models, and counts the warning', () => {
    const findings = checkMachine({ ...healthy('a', 1), models: { names: [], indexing: [], problem: null } })
    const cause = likelyCause(findings)
    expect(cause).toBeNull()
    expect(causeSentence(cause, findings, null)).toBe(
      'Nothing keeps this machine from working; see the warning above.',
    )
  })

  test('doctor names machines that wait to be accepted', () => {
    const findings = checkMachine({
      ...healthy('a', 1),
      peers: { known: 1, online: 0, waiting: 1, named: 2 },
    })
    expect(causeSentence(likelyCause(findings), findings, null)).toMatch(
      /not accepted on both sides: 1.*'ripple peer accept NAME'/,
    )
  })

  test('a fault of either machine is named with that machine', () => {
    const { here, pair } = healthyPair()
    const locked = { ...pair.there, keystore: { state: 'locked' as const } }
    expect(causeOf({ here, pair: { ...pair, there: locked } }).sentence).toContain(
      'cause, on b: the keystore',
    )
  })

  test('facts that are unknown name nothing', () => {
    const { here, pair } = healthyPair()
    const groups = Object.entries(here).filter(([, value]) => typeof value === 'object')
    const unknown = { ...here, ...Object.fromEntries(groups.map(([name]) => [name, null])) } as MachineFacts
    expect(
      causeOf({ here: unknown, pair: { ...pair, there: { ...unknown, name: 'b' }, out: null, back: null } })
        .cause,
    ).toBeNull()
  })

  test('text of a peer cannot break the sentence into lines', () => {
    const { here, pair } = healthyPair()
    const refused = { state: 'refused' as const, why: 'no\n\u001b[2Jproof' }
    const { sentence } = causeOf({ here, pair: { ...pair, there: { ...pair.there, membrane: refused } } })
    expect(sentence).not.toContain('\n')
    expect(sentence).not.toContain('\u001b')
  })
})
