import { randomUUID } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { AppWebsocket, generateSigningKeyPair, setSigningCredentials } from '@holochain/client'
import { epochSeed } from '../../host/config/epoch.ts'
import { happFiles } from '../../host/daemon/files.ts'
import { HOST_ORIGIN } from '../../host/supervise/conductor-config.ts'
import { type ConductorNetwork, conductorNetwork } from '../harness/conductors.ts'
import { tree } from '../harness/processes.ts'
import { warmData } from '../harness/warm-data.ts'
import { close, grant, result, task } from '../tryorama/entries.ts'
import { compare, print, timed } from './compare.ts'
import { type RawConductor, rawConductor } from './raw-conductor.ts'

// Whether reads should go through a second agent of the same conductor that never writes: the same reads through the
// writer, whose chain grows, and through that agent, whose chain stays empty. The two take turns, in both orders.
// Usage: npx tsx tests/bench/reader.ts [--lengths 300,4000] [--rounds N]

const { values } = parseArgs({
  options: { lengths: { type: 'string', default: '300,4000' }, rounds: { type: 'string', default: '40' } },
})
/** How long the conductor rests before its memory is read, in milliseconds. */
const SETTLE_MS = 3_000

type Call = RawConductor['call']

/** Installs the app for another agent and opens the same epoch for it. */
async function secondAgent({ session, pid }: RawConductor, { network }: ConductorNetwork): Promise<Call> {
  const { admin, epochs } = session
  const name = 'reader'
  const agent_key = await admin.generateAgentPubKey()
  const source = { type: 'path', value: happFiles.happ } as const
  await admin.installApp({ source, installed_app_id: name, network_seed: network.seed, agent_key })
  await admin.enableApp({ installed_app_id: name })
  const [known] = await admin.listAppInterfaces()
  const { token } = await admin.issueAppAuthenticationToken({
    installed_app_id: name,
    single_use: false,
    expiry_seconds: 0,
  })
  const url = new URL(`ws://127.0.0.1:${known?.port}`)
  const app = await AppWebsocket.connect({ url, token, wsClientOptions: { origin: HOST_ORIGIN } })
  const network_seed = epochSeed(network.seed, epochs[0]?.epoch ?? 0)
  const { max_action_seq } = network.epoch
  const clone = await app.createCloneCell({
    role_name: 'resource_mesh',
    modifiers: { network_seed, properties: { max_action_seq } },
  })
  const { cell_id } = clone
  const [keyPair, signingKey] = await generateSigningKeyPair()
  const capSecret = await admin.grantSigningKey(cell_id, { type: 'all' }, signingKey)
  setSigningCredentials(cell_id, { capSecret, keyPair, signingKey })
  const call: Call = <T>(fn_name: string, payload: unknown) =>
    app.callZome({ cell_id, zome_name: 'scheduling', fn_name, payload }) as Promise<T>
  await call('own_events', 0)
  process.stderr.write(`the second agent is there, beside process ${pid}\n`)
  return call
}

/**
 * Writes tasks until the chain is so long. One in ten is run, so that it has a Result; the others are cancelled, which
 * fills the chain with the fewest calls.
 */
async function growTo(length: number, raw: RawConductor, tasks: string[]): Promise<void> {
  const { agent, dnaHash } = raw
  while ((await raw.chainLength()) < length) {
    for (let i = 0; i < 50; i += 1) {
      const about = await raw.commit(task(dnaHash, { id: randomUUID() }))
      if (i % 10 > 0) await raw.commit(close(dnaHash, about, about))
      else {
        const given = await raw.commit(grant(dnaHash, about, agent))
        await raw.commit(close(dnaHash, about, given, await raw.commit(result(dnaHash, about, given))))
        tasks.push(about)
      }
    }
  }
}

/** The same read both ways, in turns. */
async function both(rounds: number, writer: Call, reader: Call, read: (call: Call) => Promise<unknown>) {
  const [through, beside]: [number[], number[]] = [[], []]
  for (let turn = 0; turn < rounds; turn += 1) {
    const ways = [
      async () => void through.push((await timed(() => read(writer)))[0]),
      async () => void beside.push((await timed(() => read(reader)))[0]),
    ]
    for (const way of turn % 2 === 0 ? ways : ways.toReversed()) await way()
  }
  return compare(through, beside)
}

function rssMib(pid: number): number {
  return tree(pid)[0]?.rssMib ?? 0
}

const folder = await mkdtemp(join(tmpdir(), 'ripple-reader-'))
try {
  await using net = await conductorNetwork('reader')
  await using raw = await rawConductor(await warmData(folder, 'raw'), net)
  await raw.commit(task(raw.dnaHash, { id: randomUUID() }))
  await sleep(SETTLE_MS)
  const before = rssMib(raw.pid)
  const reader = await secondAgent(raw, net)
  await sleep(SETTLE_MS)
  print({ second_agent_mib: rssMib(raw.pid) - before })
  const tasks: string[] = []
  const rounds = Number(values.rounds)
  for (const length of values.lengths.split(',').map(Number)) {
    await growTo(length, raw, tasks)
    const some = () => tasks[Math.floor(Math.random() * tasks.length)]
    // The first reads fill caches and are not counted.
    await both(3, raw.call, reader, (call) => call('get_event', some()))
    print({
      chain_length: await raw.chainLength(),
      get_ms: await both(rounds, raw.call, reader, (call) => call('get_event', some())),
      results_ms: await both(rounds, raw.call, reader, (call) => call('task_results', some())),
    })
  }
} finally {
  await rm(folder, { recursive: true, force: true })
}
process.exit(0)
