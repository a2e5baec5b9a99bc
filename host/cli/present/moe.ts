/** Shows the answers and measurements of several models on the terminal. */
import { percent } from '../../ensemble/cards/card-for.ts'
import { fields, table } from '../../operations/layout.ts'
import {
  moeCardKey,
  moeCardVerify,
  moeEval,
  moeQuery,
  moeRoutes,
  moeShow,
} from '../../operations/moe/shape.ts'
import { type Presenter, present, type Screen } from '../../operations/present.ts'
import { clock, short, span } from '../../operations/text.ts'
import type { EnsembleRecord } from '../../types/ensemble-record.ts'
import type { Comparison, Score, ScoreCard } from '../../types/score-card.ts'
import { taskTypes } from '../../types/task-type.ts'

/** The presentations of the operations on ensembles. */
export const moePresenters: readonly Presenter[] = [
  present(moeQuery, {
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
  }),
  present(moeShow, {
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
  }),
  present(moeEval, {
    render: ({ card, file }, screen) => ({
      lines: cardLines(card, screen),
      notes: [`signed score card: ${file}; check it with 'ripple moe card verify ${file}'`],
    }),
  }),
  present(moeRoutes, {
    render: ({ routes }, screen) => ({
      lines: table(
        ['TASK', 'FORM', 'TO', { head: 'WHY', wrap: true }],
        routes.map(({ task_type, form, to, why }) => [task_type, form, to, why]),
        screen,
      ),
    }),
  }),
  present(moeCardVerify, {
    render: ({ file, card, shown, not_shown, online }, screen) => ({
      lines: [
        `verified: ${file}`,
        '',
        ...cardLines(card, screen),
        '',
        'Shown:',
        ...shown.map((line) => `  ${line}`),
        '',
        'Not shown:',
        ...not_shown.map((line) => `  ${line}`),
        ...(online === null ? [] : ['', `Online: ${online.detail}`]),
      ],
    }),
    exit: ({ online }) => (online === null || online.named ? 0 : 1),
  }),
  present(moeCardKey, {
    render: ({ detail }) => ({ lines: [detail] }),
    exit: ({ named }) => (named ? 0 : 1),
  }),
]

const modeText = {
  distinct_models: 'distinct models',
  self_consistency: 'samples of one model',
} as const

function gateText({ decision, eval_gate }: EnsembleRecord): string {
  const said =
    decision === null ? 'not asked' : `${decision.allow ? 'allowed' : 'refused'} by ${decision.rule}`
  return eval_gate === 'off' ? said : `${said}; eval gate ${eval_gate}`
}

/** Lays out a score card for people. */
function cardLines(card: ScoreCard, screen: Screen): string[] {
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
