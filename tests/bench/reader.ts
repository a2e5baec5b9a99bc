import { randomUUID } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { conductorNetwork } from '../harness/conductors.ts'
import { tree } from '../harness/processes.ts'
import { warmData } from '../harness/warm-data.ts'
import { close, grant, result, task } from '../tryorama/entries.ts'
import { compare, inTurns, timed } from './compare.ts'
import { rawAgent } from './raw-agent.ts'
import { type RawConductor, rawConductor } from './raw-conductor.ts'

/** How long the conductor rests before its memory is read, in milliseconds. */
const SETTLE_MS = 3_000

type Call = RawConductor['call']

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
  await inTurns(
    rounds,
    async () => void through.push((await timed(() => read(writer)))[0]),
    async () => void beside.push((await timed(() => read(reader)))[0]),
  )
  return compare(through, beside)
}

function rssMib(pid: number): number {
  return tree(pid)[0]?.rssMib ?? 0
}

/**
 * Whether reads should go through a second agent of the same conductor that never writes: the same reads through the
 * writer, whose chain grows, and through that agent, whose chain stays empty.
 */
export async function measure({
  n,
  short,
  long,
}: {
  n: number
  short: number
  long: number
}): Promise<object> {
  const folder = await mkdtemp(join(tmpdir(), 'ripple-reader-'))
  try {
    await using net = await conductorNetwork('reader')
    await using raw = await rawConductor(await warmData(folder, 'raw'), net)
    await raw.commit(task(raw.dnaHash, { id: randomUUID() }))
    await sleep(SETTLE_MS)
    const before = rssMib(raw.pid)
    const { admin } = raw.session
    const [app] = await admin.listApps({})
    if (!app) throw new TypeError('the conductor has no app')
    await using reader = await rawAgent(admin, app, 'reader')
    await sleep(SETTLE_MS)
    const second_agent_mib = rssMib(raw.pid) - before
    const tasks: string[] = []
    const points: object[] = []
    for (const length of [short, long]) {
      await growTo(length, raw, tasks)
      const some = () => tasks[Math.floor(Math.random() * tasks.length)]
      // The first reads fill caches and are not counted.
      await both(3, raw.call, reader.call, (call) => call('get_event', some()))
      points.push({
        chain_length: await raw.chainLength(),
        get_ms: await both(n, raw.call, reader.call, (call) => call('get_event', some())),
        results_ms: await both(n, raw.call, reader.call, (call) => call('task_results', some())),
      })
    }
    return { second_agent_mib, points }
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}
