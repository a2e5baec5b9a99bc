/** Tests that `ripple doctor`, as a person types it, names the trouble of one machine. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { readNetwork, resolveNetwork } from '../../host/config/network.ts'
import { dataPaths } from '../../host/config/paths.ts'
import { writePrivateNetwork } from '../../host/config/private-networks.ts'
import { limits } from '../../host/limits.ts'
import type { Ready } from '../../host/operations/local.ts'
import { type Conclusion, doctorSays } from '../harness/doctor-says.ts'
import { withoutModels } from '../harness/no-models.ts'
import { apart, type Machine, type Ran, ripple, running } from '../harness/peer.ts'
import { staying } from '../harness/processes.ts'
import { diskProblem, smallDisk } from '../harness/small-disk.ts'
import { WARM_MS, warmData } from '../harness/warm-data.ts'

/** Room for a peer, whose compiled zomes take 210 MiB, and for the least that doctor wants free. */
const DISK_MIB = 300 + limits.disk_free_mib_min

const { RIPPLE_LOCAL_NAME: network = '' } = (await apart()).env ?? {}
/** Longest time of one row, in milliseconds. */
const LONG_MS = 120_000

let folder = ''
let machine: Machine

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ripple-doctor-'))
  const alone = { RIPPLE_LOCAL_NAME: network, RIPPLE_API_PORT: '0' }
  machine = { prefix: [], env: { ...alone, ...(await withoutModels(folder)) } }
  await warmData(folder, 'used')
  await (await up('used'))[Symbol.asyncDispose]()
}, WARM_MS)
afterAll(async () => {
  expect(await staying(folder)).toEqual([])
  await rm(folder, { recursive: true, force: true })
})

const at = (name: string) => ['--data', join(folder, name)]
const up = (name: string) => running<Ready>(machine, 'up', ...at(name))
/** The machine with other variables. */
const having = (env: Readonly<Record<string, string>>): Machine => ({
  ...machine,
  env: { ...machine.env, ...env },
})

/** Checks that a start is refused with a code, and returns what doctor says then. */
async function refused(on: Machine, name: string, code: string): Promise<Conclusion> {
  const { stderr }: Ran = await ripple(on, 'up', ...at(name))
  expect(stderr).toContain(code)
  return doctorSays(on, ...at(name))
}

/** Runs with a program that holds a port; 0 is any. */
async function holding<T>(port: number, run: (port: number) => Promise<T>): Promise<T> {
  const server = createServer((socket) => socket.destroy())
  await new Promise<void>((done) => server.listen(port, '127.0.0.1', done))
  const address = server.address()
  try {
    return await run(typeof address === 'object' && address !== null ? address.port : 0)
  } finally {
    await new Promise((done) => server.close(done))
  }
}

/** Each trouble with the check and the words that name it. */
const troubles: Array<[string, string, RegExp, () => Promise<Conclusion>]> = [
  [
    'a program at the port of the API',
    'ports',
    /another program holds port \d+, which the API needs .*name another port with api\.port/,
    () => holding(0, (port) => refused(having({ RIPPLE_API_PORT: `${port}` }), 'used', 'RIPPLE_PORT_TAKEN')),
  ],
  [
    'a program at the port of libp2p',
    'ports',
    /another program holds port \d+, which the libp2p needs .*name another port with net\.port/,
    () => holding(0, (port) => refused(having({ RIPPLE_NET_PORT: `${port}` }), 'used', 'RIPPLE_PORT_TAKEN')),
  ],
  [
    'a program at the port of the forwarder',
    'ports',
    /another program holds port \d+, which the forwarder needs/,
    () => {
      const { forwardPort } = resolveNetwork(readNetwork('local'), { bootstrap: null, localName: network })
      return holding(forwardPort, () => refused(machine, 'used', 'RIPPLE_PORT_TAKEN'))
    },
  ],
  [
    'a stranger on a private network',
    'membrane',
    /the network refuses the machine: it has no proof of membership, and no invite; ask a member for an invite/,
    async () => {
      const data = await warmData(folder, 'stranger')
      const none = { delegation: null, proof: null, invite: null, asked_for: null }
      await writePrivateNetwork(data, { local_name: 'family', founder: 'ab'.repeat(32), ...none })
      return refused(having({ RIPPLE_LOCAL_NAME: 'family' }), 'stranger', 'RIPPLE_NOT_MEMBER')
    },
  ],
  [
    'a keystore with another passphrase',
    'keystore',
    /the keystore is locked: its passphrase is missing or wrong/,
    async () => {
      await writeFile(dataPaths(join(folder, 'used')).passphrase, 'another one\n')
      return refused(machine, 'used', 'RIPPLE_PASSPHRASE')
    },
  ],
  [
    'a keystore without its passphrase',
    'keystore',
    /the keystore is locked: its passphrase is missing or wrong/,
    async () => {
      await rm(dataPaths(join(folder, 'used')).passphrase)
      return refused(machine, 'used', 'RIPPLE_PASSPHRASE')
    },
  ],
]

test('doctor names nothing on a machine whose daemon has stopped', async () => {
  const said = await doctorSays(machine, ...at('used'))
  expect(said).toEqual({ cause: null, sentence: expect.stringMatching(/^Nothing keeps this machine from/) })
})

test.each(troubles)(
  'doctor names %s',
  async (_what, cause, words, look) => {
    const said = await look()
    expect(said).toEqual({ cause, sentence: expect.stringMatching(words) })
    expect(said.sentence).toMatch(/^The most likely cause: /)
  },
  LONG_MS,
)

const problem = diskProblem()
test.skipIf(problem !== null)(
  `doctor names nothing on a machine with a daemon, and then its full disk${problem ? ` (${problem})` : ''}`,
  async () => {
    using disk = smallDisk(join(folder, 'disk'), DISK_MIB)
    await warmData(disk.folder, 'peer')
    await using _daemon = await up('disk/peer')
    expect((await doctorSays(machine, ...at('disk/peer'))).cause).toBeNull()
    disk.fill()
    const said = await ripple(machine, 'doctor', ...at('disk/peer'))
    disk.free()
    expect([said.code, said.stdout.trim().split('\n').at(-1)]).toEqual([
      1,
      expect.stringMatching(/^The most likely cause: the disk of the data folder has .* so nothing can be/),
    ])
  },
  LONG_MS,
)
