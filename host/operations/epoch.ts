/** Defines the verbs that list and export epochs. */
import { z } from 'zod'
import type { Context } from './context.ts'
import { table } from './layout.ts'
import { clock } from './text.ts'
import { epochView } from './views.ts'
import { operation } from './whole.ts'

const nothing = z.strictObject({})
const lsOutput = z.strictObject({ epochs: z.array(epochView) })

/** Lists the epochs that are open here, and the archived ones. */
export const epochLs = operation<Context, typeof nothing, typeof lsOutput>({
  name: 'epoch.ls',
  effect: 'read',
  summary: 'List the epochs that are open or archived here, and how full their chains are',
  examples: ['ripple epoch ls', 'ripple epoch ls --json'],
  input: nothing,
  output: lsOutput,
  cli: {},
  run: async (context) => ({ epochs: await context.epochs.list() }),
  render: ({ epochs }, screen) => ({
    lines: table(
      [
        'EPOCH',
        'STATE',
        { head: 'BEGINS', drop: 3 },
        { head: 'ENDS', drop: 2 },
        { head: 'ACTIONS', drop: 4 },
        { head: 'OPEN', drop: 1 },
        { head: 'ARCHIVE', least: 12, drop: 5 },
      ],
      epochs.map((one) => [
        String(one.epoch),
        one.state,
        clock(one.begins_at),
        clock(one.ends_at),
        one.room === null ? '-' : `${one.room.actions} and ${one.room.reserved} reserved of ${one.room.max}`,
        String(one.open),
        one.archive ?? '-',
      ]),
      screen,
    ),
  }),
})

const exportInput = z.strictObject({ epoch: z.number().int().nonnegative() })
const exportOutput = z.strictObject({ archive: z.string().describe('path of the file') })

/** Writes the events that this machine signed in an epoch, and those that they depend on, to its archive. */
export const epochExport = operation<Context, typeof exportInput, typeof exportOutput>({
  name: 'epoch.export',
  effect: 'write',
  doing: 'writing the archive',
  summary: 'Write the archive of an epoch now, and name its file',
  examples: ['ripple epoch export 20778'],
  input: exportInput,
  output: exportOutput,
  cli: { epoch: { as: '<EPOCH>', about: "the epoch's number", kind: 'number' } },
  waits: () => true,
  run: async (context, { epoch }, signal) => ({ archive: await context.epochs.export(epoch, signal) }),
  render: ({ archive }) => ({ lines: [archive] }),
})
