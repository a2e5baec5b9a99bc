/** Answers an ask on this machine without a task. */
import type { Engine } from '../engine/port.ts'
import { limits } from '../limits.ts'
import type { AnswerEnd } from '../types/answer.ts'
import type { AlarmClock } from '../types/clock.ts'
import type { AgentKey } from '../types/events.ts'
import { runInTime } from '../work/worker/run-in-time.ts'
import type { MeshAsk } from './ask-mesh.ts'
import type { PieceQueue } from './piece-queue.ts'

/** The parts of the daemon that answer an ask here. */
export interface HereNeeds {
  readonly engine: Engine
  readonly self: AgentKey
  readonly clock: AlarmClock
}

/**
 * Runs an ask on this machine's engine and posts no task. Other machines do not see the ask, and there is no receipt. Rejects
 * as `Engine.run` and `runInTime` do.
 */
export async function askHere(
  { engine, self, clock }: HereNeeds,
  { model, payload, why }: MeshAsk,
  alone: boolean,
  pieces: PieceQueue,
  signal: AbortSignal,
): Promise<AnswerEnd> {
  try {
    const job = { model: model.digest, ...payload, prefix: '', alone }
    const { run: ms } = limits.ask_deadlines_ms
    const { text, finish, usage } = await runInTime(clock, ms, signal, (step, stop) => {
      const onText = (text: string) => {
        step()
        pieces.push({ type: 'text', text })
      }
      return engine.run({ ...job, onText }, stop)
    })
    pieces.end()
    return {
      text,
      finish,
      usage: { tokens_in: usage.tokens_in, tokens_out: usage.tokens_out },
      model: model.name,
      model_digest: model.digest,
      route: 'local',
      peer: self,
      task: null,
      receipt: null,
      why,
    }
  } catch (thrown) {
    pieces.fail(thrown)
    throw thrown
  }
}
