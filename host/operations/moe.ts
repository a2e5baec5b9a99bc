/** Defines the verbs that ask and measure an ensemble. */
import { isAbsolute } from 'node:path'
import { z } from 'zod'
import { percent } from '../ensemble/card-for.ts'
import type { Ensemble } from '../ensemble/ensemble.ts'
import { type EnsembleRecord, ensembleRecord } from '../ensemble/record.ts'
import { type Comparison, type Score, type ScoreCard, signedCard } from '../ensemble/score-card.ts'
import { limits } from '../limits.ts'
import { dataClasses, defaultDataClass } from '../types/data-class.ts'
import { taskType, taskTypes } from '../types/task-type.ts'
import { fields, table } from './layout.ts'
import { guardFile } from './named-file.ts'
import type { Screen } from './present.ts'
import { dataClassField, keyField, madeKeyField, promptField, traceField } from './request-fields.ts'
import { clock, short, span } from './text.ts'
import { operation } from './whole.ts'

/** The part of the daemon that these verbs use. */
export interface MoeContext {
  readonly ensemble: Ensemble
}

const policyName = z.string().min(1).max(128)

const queryInput = z.strictObject({
  prompt: promptField.describe('what to ask'),
  task_type: taskType.describe('how answers are compared before they vote'),
  policy_override: policyName.optional().describe('a policy of inference_policy.yaml, by name'),
  require_consensus: z
    .boolean()
    .default(true)
    .describe('whether nothing is merged where fewer agree than the policy asks for'),
  max_tokens: z.number().int().min(1).max(limits.answer_tokens_default).default(limits.answer_tokens_default),
  key: keyField
    .nullable()
    .default(null)
    .describe("idempotency key: the same question with the same key finds its members' tasks again"),
  trace_id: traceField.nullable().default(null),
  data_class: dataClassField
    .default(defaultDataClass)
    .describe('who may see it; what is secret is asked of this machine alone'),
})

const queryOutput = z.strictObject({
  response: z.string().describe('the merged answer; empty where too few agree, and then nothing was merged'),
  consensus_score: z.number().describe('weight of the heaviest class over that of all that answered'),
  model_votes: z
    .array(
      z.strictObject({
        model: z.string(),
        response_hash: z.string().describe('the class of its answer: equal hashes mean the same answer'),
        weight: z.number(),
        latency_ms: z.number(),
      }),
    )
    .describe('who has voted; who has not is in the record'),
  trace_id: z.string(),
})

/** Asks several models at once and merges the answer that enough of them agree on. */
export const moeQuery = operation<MoeContext, typeof queryInput, typeof queryOutput>({
  name: 'inference.moe_query',
  effect: 'write',
  scope: 'infer',
  command: 'moe query',
  summary: 'Ask several models at once, and merge what enough of them agree on',
  examples: [
    'ripple moe query "What is 12 times 12?" --type reasoning',
    'ripple moe query --file change.diff --type review --json',
    'ripple moe query "Name a river." --type general --no-consensus',
    'ripple moe query --file plan.txt --type general --data-class secret',
  ],
  input: queryInput,
  output: queryOutput,
  cli: {
    prompt: [
      { as: '[PROMPT]', about: 'what to ask', kind: 'prompt' },
      { as: '--file <FILE>', about: 'read it from a file, or from standard input (-)', kind: 'prompt-file' },
    ],
    task_type: { as: '--type <TYPE>', about: taskTypes.join(', ') },
    policy_override: { as: '--policy <NAME>', about: 'a policy of inference_policy.yaml' },
    require_consensus: {
      as: '--no-consensus',
      about: 'take the heaviest answer also where fewer agree than the policy asks for',
      kind: 'boolean',
    },
    max_tokens: { as: '--max-tokens <N>', about: 'most tokens of each answer', kind: 'number' },
    key: { as: '--key <KEY>', about: 'idempotency key: the same key never posts twice' },
    trace_id: { as: '--trace <ID>', about: 'name under which its steps are logged' },
    data_class: {
      as: '--data-class <CLASS>',
      about: `who may see it: ${dataClasses.join(', ')} (${defaultDataClass}); secret stays on this machine`,
    },
  },
  waits: () => true,
  run: async ({ ensemble }, given, signal, principal) => {
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
  },
  render: ({ response, consensus_score, model_votes, trace_id }, screen) => ({
    lines: response === '' ? [] : [response],
    notes: [
      ...(response === '' ? ['no consensus: nothing was merged'] : []),
      `${percent(consensus_score)} of the weight agree; see 'ripple moe show ${trace_id}'`,
      ...table(
        [{ head: 'MODEL', least: 8 }, 'VOTE', { head: 'WEIGHT', drop: 2 }, { head: 'TOOK', drop: 1 }],
        model_votes.map((vote) => [
          vote.model,
          vote.response_hash.slice(0, 8),
          String(vote.weight),
          span(vote.latency_ms),
        ]),
        screen,
      ),
    ],
  }),
  exit: ({ response }) => (response === '' ? 1 : 0),
})

/** Converts a record to the terms of the wire contract. */
function answerOf({ response, vote, members, trace_id }: EnsembleRecord): z.input<typeof queryOutput> {
  return {
    response: response ?? '',
    consensus_score: vote.agreement,
    model_votes: members.flatMap(({ model, response_hash, weight_milli, latency_ms }) =>
      response_hash === null ? [] : [{ model, response_hash, weight: weight_milli / 1_000, latency_ms }],
    ),
    trace_id,
  }
}

const showInput = z.strictObject({ id: traceField })

/** Shows the record of a question to several models. */
export const moeShow = operation<MoeContext, typeof showInput, typeof ensembleRecord>({
  name: 'moe.show',
  effect: 'read',
  summary: 'Show what became of a question to several models: each member, its vote, the decision',
  examples: ['ripple moe show 4f1c', 'ripple moe show 4f1c --json'],
  input: showInput,
  output: ensembleRecord,
  cli: { id: { as: '<TRACE>', about: 'its trace id, or the beginning of it' } },
  run: ({ ensemble }, { id }) => ensemble.show(id),
  render: (record, screen) => ({
    lines: [
      ...fields(
        [
          ['trace', record.trace_id],
          ['asked', `${clock(record.at)}, '${record.task_type}'`],
          ['policy', `${record.policy.name} (${record.policy.digest.slice(0, 12)})`],
          ['members', modeText[record.mode]],
          ['cloud', record.cloud],
          [
            'vote',
            `${record.vote.result}: ${percent(record.vote.agreement)} of ${percent(record.vote.min_agreement)}`,
          ],
          ['gate', gateText(record)],
          ...(record.ended === undefined
            ? []
            : [['ended', `before anything was merged: ${record.ended}`] as const]),
          [
            'took',
            `${span(record.wall_ms)}${record.degraded ? ', degraded: fewer answered than the policy asks for' : ''}`,
          ],
          ['sha256', record.sha256],
        ],
        screen,
      ),
      '',
      ...table(
        [
          { head: 'MODEL', least: 8 },
          { head: 'PEER', least: 12, id: true, drop: 3 },
          { head: 'SEED', drop: 6 },
          { head: 'WEIGHT', drop: 4 },
          { head: 'OUTCOME', least: 8 },
          { head: 'VOTE', drop: 1 },
          { head: 'TOOK', drop: 2 },
          { head: 'TASK', least: 12, id: true, drop: 5 },
        ],
        record.members.map((one) => [
          one.model,
          short(one.peer),
          String(one.seed),
          String(one.weight_milli / 1_000),
          one.code ?? one.outcome,
          one.response_hash?.slice(0, 8) ?? '-',
          span(one.latency_ms),
          short(one.task),
        ]),
        screen,
      ),
      ...(record.response === null ? [] : ['', record.response]),
    ],
  }),
})

const modeText = {
  distinct_models: 'distinct models',
  self_consistency: 'samples of one model',
} as const

function gateText({ decision, eval_gate }: EnsembleRecord): string {
  const said =
    decision === null ? 'not asked' : `${decision.allow ? 'allowed' : 'refused'} by ${decision.rule}`
  return eval_gate === 'off' ? said : `${said}; eval gate ${eval_gate}`
}

/** People's names for the form of a prompt: in a chat, or as a text to be continued. */
const evalForm = z.enum(['chat', 'text'])
const measuredForms = { chat: 'auto', text: 'none' } as const

const evalInput = z.strictObject({
  set: z
    .string()
    .max(4_096)
    .refine(isAbsolute, 'not an absolute path')
    .nullable()
    .default(null)
    .describe('the set; null: the one that ships with Ripple'),
  policy: policyName.nullable().default(null),
  form: evalForm
    .nullable()
    .default(null)
    .describe('in which form all of it is asked, and of which the card speaks; null: as the set says'),
  members: z.number().int().min(1).max(limits.members_max).nullable().default(null),
  seed: z.number().int().min(0).max(0xffff_ffff).default(1),
  id: madeKeyField.describe('key of its progress events'),
})
const evalOutput = signedCard.extend({ file: z.string() })

const evalSetLine =
  'tasks with known answers, a line each: {"id": "one", "task_type": "general", "prompt": "...", "answers": ["Paris"]}; max_tokens, stop and template may be added'

/** Measures an ensemble against its best member. */
export const moeEval = operation<MoeContext, typeof evalInput, typeof evalOutput>({
  name: 'moe.eval',
  effect: 'write',
  summary: 'Measure the ensemble and its best member at equal tokens, and sign a score card',
  examples: [
    'ripple moe eval',
    'ripple moe eval --form chat',
    'ripple moe eval --set questions.jsonl --members 5 --seed 7',
  ],
  input: evalInput,
  output: evalOutput,
  cli: {
    set: { as: '--set <FILE>', about: evalSetLine, kind: 'path' },
    policy: { as: '--policy <NAME>', about: 'a policy of inference_policy.yaml' },
    form: { as: '--form <FORM>', about: 'ask all of it as a chat, or as text to be continued: chat, text' },
    members: { as: '--members <K>', about: 'how many vote', kind: 'number' },
    seed: { as: '--seed <N>', about: "seed of the members' seeds and of the resamples (1)", kind: 'number' },
  },
  progress: 'id',
  waits: () => true,
  run: async ({ ensemble }, { set, form, ...rest }, signal, principal) => {
    guardFile(set, principal)
    return ensemble.evaluate({ ...rest, file: set, form: form && measuredForms[form] }, signal)
  },
  render: ({ card, file }, screen) => ({
    lines: cardLines(card, screen),
    notes: [`signed score card: ${file}; check it with 'ripple moe card verify ${file}'`],
  }),
})

const nothing = z.strictObject({})
const routesOutput = z.strictObject({
  routes: z.array(
    z.strictObject({
      task_type: taskType,
      form: evalForm.describe('whether it is asked in a chat, or as a text to be continued'),
      to: z.enum(['ensemble', 'single']),
      why: z.string(),
    }),
  ),
})

/** Lists for each kind of task, and each form of a prompt, whether the ensemble may answer it, and why. */
export const moeRoutes = operation<MoeContext, typeof nothing, typeof routesOutput>({
  name: 'moe.routes',
  effect: 'read',
  summary: 'Say at which tasks ripple/auto asks the ensemble, by the score cards',
  examples: ['ripple moe routes'],
  input: nothing,
  output: routesOutput,
  cli: {},
  run: async ({ ensemble }) => {
    const kinds = taskTypes.flatMap((task_type) => evalForm.options.map((form) => ({ task_type, form })))
    const routes = kinds.map(async ({ task_type, form }) => {
      const about = { form: measuredForms[form], data_class: undefined }
      const { to, why } = await ensemble.route(task_type, about)
      return { task_type, form, to, why }
    })
    return { routes: await Promise.all(routes) }
  },
  render: ({ routes }, screen) => ({
    lines: table(
      ['TASK', 'FORM', 'TO', { head: 'WHY', wrap: true }],
      routes.map(({ task_type, form, to, why }) => [task_type, form, to, why]),
      screen,
    ),
  }),
})

/** Lays out a score card for people. */
export function cardLines(card: ScoreCard, screen: Screen): string[] {
  const rows = taskTypes.flatMap((type) => {
    const score = card.scores[type]
    return score === undefined
      ? []
      : [[type, cardForms[score.form ?? 'mixed'], score.best_member.model, ...scoreCells(score)]]
  })
  return [
    ...fields(
      [
        ['agent', card.agent],
        ['measured', `${clock(card.at)}; it holds until ${clock(card.expires_at)}`],
        ['set', `${card.set.name}, ${card.set.items} items (${card.set.digest.slice(0, 12)})`],
        ['policy', `${card.policy.name} (${card.policy.digest.slice(0, 12)})`],
        ['members', modeText[card.mode]],
        ['beside', `the best member: one answer, and ${equalText[card.equal_tokens_by]}`],
        ['seed', `${card.seed}, ${card.bootstrap.resamples} resamples`],
      ],
      screen,
    ),
    '',
    ...table(
      [
        'TASK',
        { head: 'FORM', drop: 3 },
        { head: 'BEST MEMBER', least: 8, drop: 5 },
        { head: 'ITEMS', drop: 4 },
        'ENSEMBLE',
        'ONE',
        'EQUAL',
        { head: 'WIN/TIE/LOSS', drop: 2 },
        { head: '95 % (POINTS)', drop: 1 },
        { head: 'TOKENS', drop: 6 },
        { head: 'SECONDS', drop: 7 },
      ],
      [...rows, ['all', '', '', ...scoreCells(card.overall)]],
      screen,
    ),
  ]
}

const cardForms = { auto: 'chat', none: 'text', mixed: 'mixed' } as const

const equalText = {
  samples: 'samples that vote for as many tokens',
  one_long_answer: 'one answer that may be as long as all samples',
} as const

function scoreCells({ items, ensemble, one_answer, equal_tokens }: Score): string[] {
  const { wins, ties, losses, difference_95 } = equal_tokens
  return [
    String(items),
    percent(ensemble.accuracy),
    percent(one_answer.accuracy),
    percent(equal_tokens.accuracy),
    `${wins}/${ties}/${losses}`,
    difference_95.map((one) => (100 * one).toFixed(1)).join(' to '),
    [ensemble, one_answer, equal_tokens].map(tokens).join('/'),
    [ensemble, one_answer, equal_tokens].map(({ cost }) => cost.seconds.toFixed(0)).join('/'),
  ]
}

function tokens({ cost }: Pick<Comparison, 'cost'>): string {
  return String(cost.tokens_in + cost.tokens_out)
}
