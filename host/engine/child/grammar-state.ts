/** Moves a grammar on over text that was generated before. */
import { type Llama, LlamaGrammarEvaluationState, type LlamaModel, type Token } from 'node-llama-cpp'
import { messageOf } from '../../errors/message-of.ts'
import { RippleError } from '../../errors/ripple-error.ts'

/** The part of the binding's inside that moves a grammar on; its public side only does so while it samples. */
interface Inside {
  readonly _bindings: {
    readonly AddonSampler: { acceptGrammarEvaluationStateToken(state: unknown, token: Token): void }
  }
}

/**
 * A grammar's state after the answer so far. Throws `RIPPLE_BODY_INVALID` for a grammar that llama.cpp cannot use, and for an
 * answer so far that it does not allow.
 */
export async function grammarState(
  model: LlamaModel,
  grammar: string,
  prefix: readonly Token[],
): Promise<LlamaGrammarEvaluationState> {
  const { llama } = model
  try {
    const state = new LlamaGrammarEvaluationState({
      model,
      grammar: await llama.createGrammar({ grammar }),
    })
    for (const token of prefix) accept(llama, state, token)
    return state
  } catch (error) {
    const detail = `no answer of the format can be generated: ${messageOf(error)}`
    throw new RippleError('RIPPLE_BODY_INVALID', { detail }, { cause: error })
  }
}

function accept(llama: Llama, state: LlamaGrammarEvaluationState, token: Token): void {
  const { AddonSampler } = (llama as unknown as Inside)._bindings
  AddonSampler.acceptGrammarEvaluationStateToken((state as unknown as { _state: unknown })._state, token)
}
