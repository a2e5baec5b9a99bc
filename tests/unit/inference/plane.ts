import { onTestFinished, vi } from 'vitest'
import type { EpochRules } from '../../../host/config/epoch.ts'
import type { RunJob, RunOutcome } from '../../../host/engine/port.ts'
import type { KnownModel } from '../../../host/inference/names.ts'
import { type OpenInference, openInference } from '../../../host/inference/open-inference.ts'
import { meshCore } from '../../../host/mesh/core.ts'
import { openRules } from '../../../host/rules/rules.ts'
import type { Answer, AnswerEnd, Ask } from '../../../host/types/answer.ts'
import { textOf } from '../../../host/types/text/utf8.ts'
import type { Work } from '../../../host/work/work.ts'
import { modelDigest } from '../../harness/sim/card.ts'
import type { Daemon, Machine } from '../../harness/sim/daemon.ts'
import { calm } from '../../harness/sim/faults.ts'
import { Prng } from '../../harness/sim/random.ts'
import { World } from '../../harness/sim/world.ts'
import { play } from '../work/stage.ts'

const rules = await openRules()

/** How a run goes in place of an honest one. */
export type Deed = (job: RunJob, honest: Run, signal: AbortSignal) => Promise<RunOutcome>
type Run = (job: RunJob, signal: AbortSignal) => Promise<RunOutcome>

/**
 * A poster that asks other machines, and runs nothing itself unless it works, in simulated time, by the real work loop
 * and rules.
 */
export interface Plane {
  readonly world: World
  readonly work: Work
  readonly inference: OpenInference
  readonly poster: Daemon
  readonly workers: readonly Daemon[]
  /** Texts that honest runs gave, in order. */
  readonly honest: string[]
  /** The outputs that receipts of left epochs reveal, by task. */
  readonly revealed: Map<string, string>
}

/** Makes an ask from the fields that a test names. */
export function asking(changes: Partial<Ask> = {}): Ask {
  return {
    model: 'sim',
    input: { type: 'text', text: 'Say something.', template: 'auto' },
    format: { type: 'text' },
    stop: [],
    penalties: { frequency_milli: 0, presence_milli: 0 },
    key: null,
    max_tokens: 8,
    temperature_milli: 0,
    top_p_milli: 1_000,
    top_k: 0,
    seed: null,
    trace_id: null,
    ...changes,
  }
}

/**
 * Opens the plane of a poster and some workers; the first runs of all of them follow these deeds, the others are
 * honest. A poster that has the model and does not work knows how much the model can read.
 */
export async function openPlane(
  workers: number,
  deeds: readonly Deed[] = [],
  works = false,
  hasModel = false,
  epochs: EpochRules | null = null,
): Promise<Plane> {
  const world = new World(new Prng(1), calm, rules, meshCore, workers + 1, epochs)
  const [poster, ...others] = world.daemons
  if (!poster) throw new RangeError('there is no machine')
  const machine: { config: Machine['config'] } = poster.machine
  Object.assign(machine, { config: { ...machine.config, works } })
  const honest: string[] = []
  const revealed = new Map<string, string>()
  let run = 0
  for (const { machine } of others) {
    const real = machine.engine.run.bind(machine.engine)
    const kept: Run = async (job, signal) => {
      const outcome = await real(job, signal)
      honest.push(job.prefix + outcome.text)
      return outcome
    }
    vi.spyOn(machine.engine, 'run').mockImplementation((job, signal) => {
      const deed = deeds[run]
      run += 1
      return deed ? deed(job, kept, signal) : kept(job, signal)
    })
  }
  world.start()
  onTestFinished(() => void vi.restoreAllMocks())
  const work = await play(world, poster.up())
  const { engine, agent, gate } = poster.machine
  const those = hasModel ? world.daemons : others
  const at = those.map((other) => ({ agent: other.machine.agent, name: other.machine.name, loaded: true }))
  const known: KnownModel[] = [{ name: 'sim', digest: modelDigest, context_tokens: 2_048, at }]
  const inference = openInference({
    work,
    engine,
    gate,
    self: agent,
    post: true,
    cache: true,
    known: () => known,
    problemOf: () => null,
    upstreamNames: () => [],
    auto: async () => ({ target: { type: 'moe', by: 'card' }, why: '' }),
    ensemble: () => Promise.reject(new RangeError('no test asks several models')),
    upstream: () => () => Promise.reject(new RangeError('no test asks a provider')),
    repeatUpstream: () => Promise.reject(new RangeError('no test asks a provider')),
    answerOf: async ({ task }, signal) => {
      const output = (await work.secrets(task, signal))?.output
      return { text: output ? textOf(output) : (revealed.get(task) ?? null), receipt: `${task}.receipt` }
    },
    clock: world.clock,
  })
  return { world, work, inference, poster, workers: others, honest, revealed }
}

/** The text and end that a reader of an answer got. */
export interface Read {
  readonly text: string
  /** How many machines went on with it. */
  readonly seams: number
  /** How it ended, or what was thrown. */
  readonly end: AnswerEnd | null
  readonly failed: unknown
  /** How long it took, in simulated milliseconds. */
  readonly ms: number
}

/** Asks, and reads the answer piece by piece (`stream`) or waits for the whole. */
export async function ask(
  { world, inference }: Plane,
  how: 'stream' | 'whole',
  changes: Partial<Ask> = {},
  signal: AbortSignal = new AbortController().signal,
): Promise<Read> {
  const begun = world.clock.now()
  const got = { text: '', seams: 0 }
  const answered = async () => {
    const answer = await inference.ask(asking(changes), signal)
    if (how === 'stream') await read(answer, got)
    return answer.end
  }
  const ended = answered().then(
    (end) => ({ end, failed: null }),
    (failed: unknown) => ({ end: null, failed }),
  )
  const outcome = await play(world, ended)
  return { ...got, ...outcome, ms: world.clock.now() - begun }
}

async function read({ pieces }: Answer, got: { text: string; seams: number }): Promise<void> {
  for await (const piece of pieces) {
    if (piece.type === 'seam') got.seams += 1
    else got.text += piece.text
  }
}

/** Waits until a run is to end. */
export function untilAborted(signal: AbortSignal): Promise<never> {
  const { promise, reject } = Promise.withResolvers<never>()
  const end = () => reject(signal.reason)
  if (signal.aborted) end()
  signal.addEventListener('abort', end, { once: true })
  return promise
}
