/** Defines the verb `task plan`. */
import { z } from 'zod'
import type { Context } from './context.ts'
import { table } from './layout.ts'
import { operation, type Screen } from './operation.ts'
import { placementCli, placementFields, wishOf } from './placement-input.ts'
import { peerName, peerReason, short } from './text.ts'
import { planView } from './views.ts'

const input = z.strictObject(placementFields)
type Plan = z.output<typeof planView>

/** Forecasts the peers for a task, without posting it. */
export const taskPlan = operation<Context, typeof input, typeof planView>({
  name: 'task.plan',
  effect: 'read',
  summary: 'Say where a task would go, peer by peer, without posting it',
  examples: [
    'ripple task plan',
    'ripple task plan --prefer fastest --strategy weighted_score',
    'ripple task plan --memory-mib 16384 --gpu 1 --tag region:eu-central-1',
  ],
  input,
  output: planView,
  cli: placementCli,
  run: async (context, given) => context.tasks.plan(wishOf(given)),
  render: (plan, screen) => ({ lines: [...verdictLines(plan), ...peerLines(plan, screen)] }),
  exit: (plan) => (plan.missing.length > 0 ? 4 : 0),
})

function verdictLines({ first, peers, missing }: Plan): string[] {
  const nameOf = (agent: string) => peers.find(({ peer }) => peer === agent)?.name ?? short(agent)
  if (missing.length > 0)
    return [
      `none of the ${peers.length} known machines can ever run it:`,
      ...missing.map(
        ({ needs, peers: lacking, nearest }) =>
          `  ${lacking} of them lack ${needs}; the nearest is ${nearest.name} with ${nearest.has}`,
      ),
    ]
  if (first.length === 0 && peers.some(({ rank }) => rank !== null))
    return ['all who can run it are busy; it would wait for a place:']
  if (first.length === 0) return ['nobody can run it now; it would wait for one who can:']
  const names = first.map(nameOf)
  return [`it would be offered to ${names.length === 1 ? names[0] : `one of ${names.join(', ')}`} first:`]
}

function peerLines({ peers }: Plan, screen: Screen): string[] {
  return table(
    [
      { head: 'PEER', least: 12, id: true, drop: 3 },
      { head: 'NAME', least: 6 },
      { head: 'RANK', drop: 2 },
      { head: 'REFUSES', least: 8, drop: 1 },
      { head: 'WHY', wrap: true },
    ],
    peers.map((one) => [
      short(one.peer),
      peerName(one),
      one.rank === null ? '-' : String(one.rank + 1),
      one.codes.join(',') || '-',
      peerReason(one),
    ]),
    screen,
  )
}
