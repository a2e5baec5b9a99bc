/** Defines the verb `restore`. */
import { z } from 'zod'
import { fields } from './layout.ts'
import type { Local } from './local.ts'
import { restoreView } from './local-views.ts'
import { operation } from './whole.ts'

const nothing = z.strictObject({})

/** Prepares the recovery of a data folder whose chains are old or damaged. */
export const restore = operation<Local, typeof nothing, typeof restoreView>({
  name: 'restore',
  effect: 'destroy',
  summary: "Let the next start fetch this machine's chains from its peers",
  examples: ['ripple down && ripple restore && ripple up', 'ripple restore --data ~/second-peer'],
  input: nothing,
  output: restoreView,
  cli: {},
  run: (local) => local.prepareRestore(),
  render: ({ agent, data, aside }, screen) => ({
    lines: fields(
      [
        ['agent', agent],
        ['data', data],
        ['moved to', aside],
      ],
      screen,
    ),
    notes: [
      "keys, journal and receipts stay; now start it with 'ripple up' while a peer that holds the chains is online",
    ],
  }),
})
