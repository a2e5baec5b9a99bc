/** Pulls a model from the command line. */
import { RippleError } from '../../errors/ripple-error.ts'
import { limits } from '../../limits.ts'
import { isAskedFor } from '../../models/file-id.ts'
import { tellProgress } from '../../models/sources/progress.ts'
import type { ModelView } from '../../operations/context.ts'
import { modelLs, modelPull } from '../../operations/model/shape.ts'
import { callOperation, type Remote } from '../../operations/remote.ts'
import type { Clock } from '../../types/clock.ts'

/** Parts that pulling from the command line uses. */
export interface PullHere {
  /** Connects to the running daemon. Rejects with `RIPPLE_NO_DAEMON`. */
  readonly connect: () => Promise<Remote>
  /** Fetches the model in this process if no daemon runs. */
  readonly alone: (name: string, say: (line: string) => void, signal: AbortSignal) => Promise<ModelView>
  readonly say: (line: string) => void
  readonly clock: Pick<Clock, 'sleep'>
}

/**
 * Fetches a model and reports its progress. A running daemon fetches it, because it knows the peers that have the model
 * and its card then names it. Otherwise this process does.
 */
export async function pullModelHere(
  name: string,
  { connect, alone, say, clock }: PullHere,
  signal: AbortSignal,
): Promise<ModelView> {
  const remote = await connect().catch((thrown: unknown) => {
    if (thrown instanceof RippleError && thrown.code === 'RIPPLE_NO_DAEMON') return null
    throw thrown
  })
  if (remote === null) return alone(name, say, signal)
  const ended = new AbortController()
  const watching = watch(name, remote, say, clock, AbortSignal.any([signal, ended.signal]))
  try {
    return await callOperation(remote, modelPull, { name }, signal)
  } finally {
    ended.abort()
    await watching
  }
}

/** Polls the daemon for the progress. The pull itself reports any error. */
async function watch(
  name: string,
  remote: Remote,
  say: (line: string) => void,
  clock: Pick<Clock, 'sleep'>,
  signal: AbortSignal,
): Promise<void> {
  const tell = tellProgress(say)
  try {
    for (;;) {
      await clock.sleep(limits.progress_every_ms, signal)
      const { models } = await callOperation(remote, modelLs, {}, signal)
      const pulling = models.find((model) => model.pulling !== null && isAskedFor(model, name))?.pulling
      if (pulling?.source) tell(pulling.bytes, pulling.total, pulling.source)
    }
  } catch {
    // The pull has ended, or the daemon has gone.
  }
}
