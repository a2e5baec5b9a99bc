/** Counts the tokens of answers for the keys that asked for them. */
import type { Ensemble } from '../ensemble/ensemble.ts'
import { spentOn } from '../ensemble/measure/eval-ask.ts'
import type { Answer, AnswerPiece, Inference } from '../types/answer.ts'
import type { Keys, Tokens } from './port.ts'

/** The ways by which a door asks models. */
export interface AskedModels {
  readonly inference: Inference
  readonly ensemble: Ensemble
}

/** Returns the same ways, which count the tokens of each answer for the key that asked. */
export function countAsks({ inference, ensemble }: AskedModels, keys: Pick<Keys, 'count'>): AskedModels {
  return {
    inference: {
      models: () => inference.models(),
      ask: async (ask, signal) => {
        const { principal } = ask
        const answer = await inference.ask(ask, signal)
        return principal?.kind === 'key'
          ? countAnswer(answer, (tokens) => keys.count(principal, tokens))
          : answer
      },
    },
    ensemble: {
      ...ensemble,
      query: async (asked, signal) => {
        const record = await ensemble.query(asked, signal)
        if (asked.principal) keys.count(asked.principal, spentOn(record.members))
        return record
      },
    },
  }
}

/** Counts an answer at its end. Each piece that was read is a token if the answer broke off or nobody counted. */
function countAnswer(answer: Answer, count: (tokens: Tokens) => void): Answer {
  let read = 0
  const pieces = async function* (): AsyncGenerator<AnswerPiece> {
    for await (const piece of answer.pieces) {
      if (piece.type === 'text') read += 1
      yield piece
    }
  }
  answer.end.then(
    ({ usage }) => count(usage ?? { tokens_in: 0, tokens_out: read }),
    () => count({ tokens_in: 0, tokens_out: read }),
  )
  return { ...answer, pieces: pieces() }
}
