import { join } from 'node:path'
import { readNetwork, resolveNetwork } from '../../host/config/network.ts'
import { runConductor } from '../../host/processes/conductor.ts'
import { SYNC_EVERY_MS } from '../../host/processes/conductor-config.ts'
import { randomOrigin } from '../../host/processes/origin.ts'
import { program } from '../harness/conductors.ts'
import type { Say } from './bench.ts'
import { compare, round, spread, timed } from './compare.ts'
import { fill, stuck } from './entries.ts'
import { exponent, type Fitted, lastToFirst, type Point, slope, steps } from './fit.ts'
import { flow } from './flow.ts'
import { curve } from './growth-posts.ts'
import { type BenchMesh, type Member, openMesh } from './mesh.ts'

/** Restarts at the first point and at the last: each takes some 15 s, too long to have enough of them at all six. */
const RESTARTS = 5

/** How long a daemon took to be ready again, and its conductor alone, in milliseconds. */
interface Restarts {
  readonly ready: readonly number[]
  readonly conductor: readonly number[]
}

/** A measurement with a number of closed tasks, in milliseconds. */
interface Closed {
  readonly at: number
  readonly post: readonly number[]
  readonly discover: readonly number[]
  /** Null between the first point and the last. */
  readonly restart: Restarts | null
}

/**
 * Measures posts, the worker's discovery of new tasks, and restarts, while more and more tasks are closed. A restart
 * is compared with that of the conductor alone, on the same folder. Each restart would remove another agent, so the
 * growth of a raw write with the chain is measured by the axis `chain`.
 */
export async function measureClosed({ to, n }: { to: number; n: number }, say: Say): Promise<object> {
  await using mesh = await openMesh(1)
  const { poster } = mesh
  const points: Closed[] = []
  let closed = 0
  for (const [place, at] of steps(to, curve.span, curve.points).entries()) {
    await fill(Math.max(0, at - closed - n - Math.ceil(n / 2)), poster, null)
    const post = await posts(n, poster)
    const discover = await discoveries(Math.ceil(n / 2), mesh)
    closed = Math.max(at, closed + n + Math.ceil(n / 2))
    const ends = place === 0 || place === curve.points - 1
    points.push({ at: closed, post, discover, restart: ends ? await restart(mesh) : null })
    await mesh.met()
    say(`${closed} closed`)
  }
  const grown = (pick: (one: Closed) => readonly number[]) =>
    growth(points.map((one) => ({ at: one.at, sample: pick(one) })))
  const restarted = (pick: (one: Restarts) => readonly number[]) =>
    lastToFirst(points.flatMap(({ at, restart }) => (restart ? [{ at, sample: pick(restart) }] : [])))
  return {
    points: points.map(({ at, post, discover, restart }) => ({
      at,
      post_ms: spread(post),
      discover_ms: spread(discover),
      ready_ms: restart && compare(restart.ready, restart.conductor),
    })),
    post: grown(({ post }) => post),
    discover: grown(({ discover }) => discover),
    restart: {
      last_to_first: restarted(({ ready }) => ready),
      of_conductor: restarted(({ conductor }) => conductor),
    },
    chain_length: await poster.chainLength(),
  }
}

function growth(points: readonly Point[]): Readonly<Record<string, Fitted>> {
  return { last_to_first: lastToFirst(points), slope_ms: slope(points), exponent: exponent(points) }
}

async function posts(n: number, poster: Member): Promise<number[]> {
  const took: number[] = []
  for (let i = 0; i < n; i += 1) {
    const wish = stuck()
    took.push((await timed(() => poster.call('task.post', wish)))[0])
    await poster.call('task.cancel', { id: wish.key })
  }
  return took
}

async function discoveries(n: number, { poster, workers: [worker] }: BenchMesh): Promise<number[]> {
  const took: number[] = []
  for (let i = 0; worker && i < n; i += 1) took.push((await flow(poster, [worker])).arrive)
  return took
}

async function restart({ poster, url }: BenchMesh): Promise<Restarts> {
  const [ready, conductor]: [number[], number[]] = [[], []]
  for (let i = 0; i < RESTARTS; i += 1) {
    const alone = async () => void conductor.push(await conductorAlone(poster.data, url))
    ready.push((await poster.restart(alone)).ready_ms)
  }
  return { ready, conductor }
}

/** Starts the conductor of a data folder whose daemon is down, and stops it again; gives how long the start took. */
async function conductorAlone(data: string, bootstrap: string): Promise<number> {
  const choice = { bootstrap, localName: 'home' }
  const { conductorUrl: url, gossip } = resolveNetwork(readNetwork('local'), choice)
  const options = {
    program: await program('holochain'),
    passphraseFile: join(data, 'passphrase'),
    logFile: join(data, 'logs', 'alone.log'),
    settings: {
      folder: join(data, 'conductor'),
      url,
      adminPort: null,
      origin: randomOrigin(),
      gossip,
      syncEveryMs: SYNC_EVERY_MS.min,
    },
    onEvent: () => {},
  }
  const [ms, running] = await timed(() => runConductor(options, new AbortController().signal))
  await running[Symbol.asyncDispose]()
  return round(ms)
}
