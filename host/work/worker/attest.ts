/** Attests a finished run by its Result. */
import type { Task } from '../../../zomes-bindings/generated/resource-mesh.ts'
import { RippleError } from '../../errors/ripple-error.ts'
import type { Held, RunRecord } from '../../mesh/state/held.ts'
import type { ActionHash, EntryOf } from '../../types/events.ts'
import type { WorkerContext } from '../context/context.ts'
import { untilArrived } from '../messages/accept-event.ts'
import { orRelease } from './release.ts'

/**
 * Pins the output and writes the Result. Both come from the journal, so a crash does not change them. A grant for which
 * this machine can write no Result is released.
 */
export function attest(grant: ActionHash, context: WorkerContext): Promise<void> {
  return orRelease(grant, context, () => writeResult(grant, context))
}

async function writeResult(grant: ActionHash, context: WorkerContext): Promise<void> {
  const held = context.state().held.get(grant)
  if (!held?.run || !held.taskEvent || held.result || held.ended) return
  await untilArrived([held.task, grant], context)
  refuseOtherPrefix(held, held.run)
  const cid =
    held.run.failed === null ? await context.needs.artifacts.add(held.run.pinned, context.signal) : null
  const event = await context.writes.commit(resultOf(held, held.taskEvent.entry, held.run, cid))
  context.failpoint('result.committed')
  context.record({
    type: 'committed',
    entry: 'Result',
    hash: event.hash,
    task: held.task,
    attempt: held.attempt,
  })
}

/**
 * Throws `RIPPLE_PREFIX_UNKNOWN` where the run continued other text than the Grant names. The Result attests the whole
 * answer, so this machine would sign another worker's words as its own. A run that got no such text answered from the
 * beginning.
 */
function refuseOtherPrefix({ grantEvent }: Held, run: RunRecord): void {
  const named = grantEvent?.entry.prefix_digest ?? null
  if (run.prefix_digest !== null && named !== run.prefix_digest)
    throw new RippleError('RIPPLE_PREFIX_UNKNOWN')
}

function resultOf(held: Held, task: Task, run: RunRecord, cid: string | null): EntryOf<'Result'> {
  return {
    type: 'Result',
    dna_hash: task.dna_hash,
    task: held.task,
    authority: held.grant,
    attempt: held.attempt,
    status: run.failed === null ? { type: 'ok' } : { type: 'failed', code: run.failed },
    output: cid === null ? null : { digest: run.digest, bytes: run.bytes, cid, encrypted: run.key !== null },
    model_digest: task.work.type === 'model' ? task.work.digest : null,
    template_digest: run.template_digest,
    engine_build: run.engine_build,
    backend_class: run.backend_class,
    parameters: run.parameters,
    seed: run.seed,
    usage: run.usage,
    // A run that an older version journalled names no policy.
    policy_hash: run.policy_hash ?? null,
  }
}
