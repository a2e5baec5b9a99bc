/** Runs the operation that asks one model. */
import type { z } from 'zod'
import { type Ask, receiptsOf } from '../../types/answer.ts'
import type { Context } from '../context.ts'
import { type Handler, handle } from '../operation.ts'
import { ask } from './shape.ts'

/** The operation that asks one model. */
export const askHandler: Handler<Context> = handle(
  ask,
  async ({ inference }: Context, given, signal, principal) => {
    const answer = await inference.ask({ ...askOf(given), principal }, signal)
    const { text: response, model_digest: _digest, ...end } = await answer.end
    return { response, ...end, receipts: receiptsOf(end), trace_id: answer.trace_id }
  },
)

function askOf({ prompt, temperature, top_p, task_type, ...given }: z.output<typeof ask.input>): Ask {
  return {
    ...given,
    ...(task_type === null ? {} : { task_type }),
    input: { type: 'text', text: prompt, template: 'auto' },
    format: { type: 'text' },
    stop: [],
    penalties: { frequency_milli: 0, presence_milli: 0 },
    temperature_milli: Math.round(temperature * 1_000),
    top_p_milli: Math.round(top_p * 1_000),
    top_k: 0,
  }
}
