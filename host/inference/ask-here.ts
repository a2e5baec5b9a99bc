import type { Engine } from '../engine/port.ts'
import type { AnswerEnd } from '../types/answer.ts'
import type { AgentKey } from '../types/events.ts'
import type { MeshAsk } from './ask-mesh.ts'
import type { PieceQueue } from './piece-queue.ts'

/**
 * Runs an ask on this machine's engine and posts nothing: nobody sees that it was asked, and there is no receipt. Rejects as
 * `Engine.run` does.
 */
export async function askHere(
  engine: Engine,
  self: AgentKey,
  { model, payload, why }: MeshAsk,
  alone: boolean,
  pieces: PieceQueue,
  signal: AbortSignal,
): Promise<AnswerEnd> {
  try {
    const onText = (text: string) => pieces.push({ type: 'text', text })
    const job = { model: model.digest, ...payload, prefix: '', alone, onText }
    const { text, finish, usage } = await engine.run(job, signal)
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
