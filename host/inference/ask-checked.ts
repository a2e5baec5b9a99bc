/** Asks a second time if a whole answer breaks its schema. */
import { createHash } from 'node:crypto'
import { RippleError } from '../errors/ripple-error.ts'
import { limits } from '../limits.ts'
import { type Answer, type AnswerEnd, type Ask, receiptsOf } from '../types/answer.ts'
import { answerCheck } from './answer-check.ts'
import { PieceQueue } from './piece-queue.ts'

/**
 * Begins an answer, and checks it when it is whole. If a grammar enforces the whole schema, the text is shown as it comes.
 * Otherwise it is shown after the check. If the answer breaks its schema, the model is asked once more. `end` rejects with
 * `RIPPLE_ANSWER_INVALID` if the second answer breaks the schema too. Throws as `answerCheck` does.
 */
export async function askChecked(ask: Ask, begin: (ask: Ask) => Promise<Answer>): Promise<Answer> {
  const check = answerCheck(ask)
  if (check === null) return begin(ask)
  const first = await begin(ask)
  if (check.isHeld) {
    const end = first.end.then((one) => {
      const flaw = check.flawOf(one)
      if (flaw !== null) throw invalid(one, flaw)
      return one
    })
    end.catch(() => undefined)
    return { ...first, end }
  }
  const pieces = new PieceQueue()
  const end = first.end.then(async (one) => {
    const flaw = check.flawOf(one)
    if (flaw === null) return one
    const second = await (await begin(again(ask))).end
    const still = check.flawOf(second)
    if (still !== null) throw invalid(second, `asked twice, and ${still}`)
    const receipts = [...receiptsOf(one), ...receiptsOf(second)]
    return {
      ...second,
      receipts,
      why: `${second.why}; asked again, because the first answer broke its schema: ${flaw}`,
    }
  })
  end.then(
    ({ text }) => {
      pieces.push({ type: 'text', text })
      pieces.end()
    },
    (thrown) => pieces.fail(thrown),
  )
  return { ...first, pieces, end }
}

/** Returns the ask with another key and seed. At temperature 0 the answer would be the same, so the temperature is raised. */
function again(ask: Ask): Ask {
  const { key, seed, temperature_milli } = ask
  return {
    ...ask,
    key: key === null ? null : createHash('sha256').update(`${key} asked again`).digest('hex'),
    seed: seed === null ? null : (seed + 1) % limits.seed_max,
    temperature_milli: Math.max(temperature_milli, limits.asked_again_temperature_milli),
  }
}

function invalid({ model }: AnswerEnd, flaw: string): RippleError {
  return new RippleError('RIPPLE_ANSWER_INVALID', { model, detail: flaw, reason: 'schema_mismatch' })
}
