/** Runs the operations that ask and measure several models at once. */
import type { z } from 'zod'
import { spentOn } from '../../ensemble/measure/eval-ask.ts'
import type { EnsembleRecord } from '../../types/ensemble-record.ts'
import { taskTypes } from '../../types/task-type.ts'
import type { Context } from '../context.ts'
import type { Local } from '../local.ts'
import { guardFile } from '../named-file.ts'
import { type Handler, handle } from '../operation.ts'
import { moeCardKey, moeCardVerify, moeEval, moeQuery, moeRoutes, moeShow } from './shape.ts'
import { type answerView, evalForm } from './view.ts'

const measuredForms = { chat: 'auto', text: 'none' } as const

/** The operations on ensembles that a daemon runs. */
export const moeHandlers: readonly Handler<Context>[] = [
  handle(moeQuery, async ({ ensemble }: Context, given, signal, principal) => {
    const { prompt, policy_override, ...rest } = given
    const record = await ensemble.query(
      {
        ...rest,
        input: { type: 'text', text: prompt, template: 'auto' },
        policy: policy_override ?? null,
        ...{ format: null, stop: [], members: null, seed: null, principal },
      },
      signal,
    )
    return answerOf(record)
  }),
  handle(moeShow, ({ ensemble }: Context, { id }) => ensemble.show(id)),
  handle(moeEval, async ({ ensemble }: Context, { set, form, ...rest }, signal, principal) => {
    guardFile(set, principal)
    return ensemble.evaluate({ ...rest, file: set, form: form && measuredForms[form] }, signal)
  }),
  handle(moeRoutes, async ({ ensemble }: Context) => {
    const kinds = taskTypes.flatMap((task_type) => evalForm.options.map((form) => ({ task_type, form })))
    const routes = kinds.map(async ({ task_type, form }) => {
      const about = { form: measuredForms[form], data_class: undefined }
      const { to, why } = await ensemble.route(task_type, about)
      return { task_type, form, to, why }
    })
    return { routes: await Promise.all(routes) }
  }),
  handle(moeCardKey, async (context: Context, { agent, public_key }, signal) => {
    const peer = (await context.peers(signal)).find((one) => one.agent === agent)
    if (peer === undefined) return { named: false, detail: `no card of ${agent} is known here` }
    const named = peer.card.peer.public_key === public_key
    return { named, detail: `the card of ${agent} names ${named ? 'this key' : 'another key'}` }
  }),
]

/** The operation that verifies a score card's file. */
export const verifyCardHandler: Handler<Local> = handle(
  moeCardVerify,
  (local: Local, { file, online }, signal) => local.verifyCard(file, online, signal),
)

/** Converts a record to the terms of the wire contract. */
function answerOf({ response, vote, members, trace_id }: EnsembleRecord): z.input<typeof answerView> {
  return {
    response: response ?? '',
    consensus_score: vote.agreement,
    model_votes: members.flatMap(({ model, response_hash, weight_milli, latency_ms }) =>
      response_hash === null ? [] : [{ model, response_hash, weight: weight_milli / 1_000, latency_ms }],
    ),
    usage: spentOn(members),
    trace_id,
  }
}
