/** Runs granted tasks. */
import { OUTPUT_BYTES_MAX } from '../../../zomes-bindings/generated/limits.ts'
import type { Usage } from '../../../zomes-bindings/generated/resource-mesh.ts'
import { sha256Hex } from '../../codec/digest.ts'
import type { RunOutcome } from '../../engine/port.ts'
import { RippleError, toRippleError } from '../../errors/ripple-error.ts'
import type { Held, RunRecord } from '../../mesh/state/held.ts'
import type { Decision } from '../../types/decision.ts'
import type { ActionHash } from '../../types/events.ts'
import type { InferencePayload } from '../../types/inference.ts'
import type { WorkerContext } from '../context/context.ts'
import { decodePayload, parametersDigest } from '../context/payload.ts'
import { seal, sealBytes } from '../context/seal.ts'
import { mayRun, refusal } from '../poster/ask-policy.ts'
import { endHeadStart, takeHeadStart } from '../poster/begin-early.ts'
import { journalRun } from '../records/journal-grant.ts'
import { orRelease, release } from './release.ts'
import { runInTime } from './run-in-time.ts'
import { streamText } from './stream.ts'

/** Runs the engine for a grant, seals the output and journals it. A run that nobody wants any more leaves nothing. */
export async function run(grant: ActionHash, context: WorkerContext): Promise<void> {
  const held = context.state().held.get(grant)
  if (!held?.payload || !held.taskEvent || held.ended) return
  const { task, attempt } = held
  const asked = decodePayload(held.payload)
  const decision = await mayRun(held, held.taskEvent, asked, context)
  if (!decision.allow) return refuseRun(held, decision, context)
  // The grant may have ended while the policy was asked.
  if (context.state().held.get(grant)?.ended !== null) return
  const stop = new AbortController()
  context.runs.set(grant, stop)
  const { work } = held.taskEvent.entry
  const model = work.type === 'model' ? work.name : null
  const about = { poster: held.poster, model, input: asked.input.type }
  context.record({ type: 'run_started', task, grant, attempt, ...about })
  try {
    const policy_hash = decision.policy.digest
    const record = await runSealed(
      held,
      { asked, policy_hash },
      AbortSignal.any([stop.signal, context.signal]),
      context,
    )
    const aborted = record === null
    const status = aborted ? 'aborted' : record.failed === null ? 'ok' : 'failed'
    context.record({ type: 'run_ended', task, grant, attempt, status, code: record?.failed ?? null })
    if (aborted) return
    const { tokens_in, tokens_out, wall_ms: run_ms } = record.usage
    if (record.failed === null) context.record({ type: 'run_measured', task, tokens_in, tokens_out, run_ms })
    context.failpoint('run.done')
    // Without its record the run would be done again and again.
    await orRelease(grant, context, () => journalRun(held, record, context))
    context.dispatch({ type: 'run_finished', grant, run: record, at: context.needs.clock.now() })
  } finally {
    context.runs.delete(grant)
  }
}

/** Releases a grant that the policy refuses, at any attempt, and names the policy to its poster. */
async function refuseRun(held: Held, decision: Decision, context: WorkerContext): Promise<void> {
  endHeadStart(held.task, context)
  await context.send(held.poster, refusal(held.task, decision))
  await release(held.grant, 'policy_refuses', context)
}

/** Returns the sealed record of a run, or null when it was aborted. */
async function runSealed(
  held: Held,
  { asked, policy_hash }: { readonly asked: InferencePayload; readonly policy_hash: string | null },
  signal: AbortSignal,
  context: WorkerContext,
): Promise<RunRecord | null> {
  const { engine } = context.needs
  // Read after the run, because its process may have been the first one without the GPU.
  const common = () => ({
    ...{ parameters: asked.parameters, seed: asked.seed, policy_hash },
    ...{ engine_build: engine.build, backend_class: engine.backendClass },
  })
  try {
    const outcome = await generate(held, asked, signal, context)
    return { ...common(), ...sealed(held, outcome, context) }
  } catch (thrown) {
    if (signal.aborted) return null
    return { ...common(), ...failure(toRippleError(thrown).code) }
  }
}

type Sealed = Omit<RunRecord, 'parameters' | 'seed' | 'engine_build' | 'backend_class' | 'policy_hash'>

async function generate(
  held: Held,
  asked: InferencePayload,
  signal: AbortSignal,
  context: WorkerContext,
): Promise<RunOutcome> {
  const task = held.taskEvent?.entry
  if (task?.work.type !== 'model')
    throw new RippleError('RIPPLE_INTERNAL', { detail: 'the task names no model' })
  const promised = task.deterministic
  if (
    promised &&
    (promised.seed !== asked.seed || promised.parameters_digest !== parametersDigest(asked.parameters))
  ) {
    throw new RippleError('RIPPLE_BODY_INVALID', {
      detail: 'the payload asks for other parameters than the task',
    })
  }
  const { digest } = task.work
  const stream = streamText(held, context)
  const start = startedOnce(held, context)
  const onRead = (tokens: number) => {
    start()
    stream.read(tokens)
  }
  const { clock, engine } = context.needs
  const begun = takeHeadStart(held.task, held.attempt, context)
  try {
    const outcome = await runInTime(clock, task.deadlines_ms.run, signal, (step, stop) => {
      const onText = (text: string, tokensOut: number) => {
        step()
        stream.push(text, tokensOut)
      }
      if (begun) return begun.join(onRead, onText, stop)
      const alone = promised !== null
      return engine.run({ model: digest, ...asked, prefix: held.prefix, alone, onRead, onText }, stop)
    })
    stream.end()
    return outcome
  } catch (thrown) {
    // Its poster reads a bounded number of streams at a time, and this one would be among them for a minute.
    stream.cut()
    throw thrown
  }
}

/**
 * Returns a callback that notifies the poster, one time, when the run has its model. Until then the run waits or loads,
 * and renewals of its lease show that it is there. A stand-in's poster is away, and learns of the run by `runs` when it
 * is back.
 */
function startedOnce({ poster, task, attempt, fallback }: Held, context: WorkerContext): () => void {
  let isTold = fallback
  return () => {
    if (isTold) return
    isTold = true
    void context.send(poster, { type: 'started', task, attempt })
  }
}

function sealed(held: Held, outcome: RunOutcome, context: WorkerContext): Sealed {
  const plain = new TextEncoder().encode(held.prefix + outcome.text)
  if (plain.length > OUTPUT_BYTES_MAX) return failure('RIPPLE_ARTIFACT_TOO_LARGE')
  const { random } = context.needs
  const salt = random.bytes(sealBytes.salt)
  const key = held.taskEvent?.entry.sensitivity === 'public' ? null : random.bytes(sealBytes.key)
  return {
    failed: null,
    prefix_digest: held.prefix_digest,
    pinned: key ? seal(plain, salt, key) : plain,
    digest: sha256Hex(salt, plain),
    bytes: plain.length,
    salt,
    key,
    template_digest: outcome.template_digest,
    usage: outcome.usage,
  }
}

const nothing: Usage = { tokens_in: 0, tokens_out: 0, cpu_ms: 0, wall_ms: 0, peak_rss_bytes: 0 }

/** Returns a failed run with the code that its Result carries: the error's code in the wire's spelling. */
function failure(code: string): Sealed {
  const failed = code.replace(/^RIPPLE_/, '').toLowerCase()
  const empty = new Uint8Array(0)
  return {
    failed,
    prefix_digest: null,
    pinned: empty,
    digest: '',
    bytes: 0,
    salt: empty,
    key: null,
    template_digest: null,
    usage: nothing,
  }
}
