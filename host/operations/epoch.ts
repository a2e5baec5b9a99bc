import { z } from 'zod'
import type { Context } from './context.ts'
import { operation } from './operation.ts'
import { table } from './text.ts'
import { epochView } from './views.ts'

const nothing = z.strictObject({})
const lsOutput = z.strictObject({ epochs: z.array(epochView) })

/** Lists the epochs that are open here, and those that were archived. */
export const epochLs = operation<Context, typeof nothing, typeof lsOutput>({
  name: 'epoch.ls',
  summary: 'List the epochs that are open or archived here, and how full their chains are',
  examples: ['ripple epoch ls', 'ripple epoch ls --json'],
  input: nothing,
  output: lsOutput,
  cli: {},
  run: async (context) => ({ epochs: await context.epochs.list() }),
  render: ({ epochs }) => ({
    lines: table(
      ['EPOCH', 'STATE', 'BEGINS', 'ENDS', 'ACTIONS', 'OPEN', 'ARCHIVE'],
      epochs.map((one) => [
        String(one.epoch),
        one.state,
        new Date(one.begins_at).toISOString(),
        new Date(one.ends_at).toISOString(),
        one.room === null ? '-' : `${one.room.actions} and ${one.room.reserved} reserved of ${one.room.max}`,
        String(one.open),
        one.archive ?? '-',
      ]),
    ),
  }),
})

const exportInput = z.strictObject({ epoch: z.number().int().nonnegative() })
const exportOutput = z.strictObject({ archive: z.string().describe('path of the file') })

/** Writes what this machine signed in an epoch, and what that rests on, to its archive. */
export const epochExport = operation<Context, typeof exportInput, typeof exportOutput>({
  name: 'epoch.export',
  summary: 'Write the archive of an epoch now, and name its file',
  examples: ['ripple epoch export 20778'],
  input: exportInput,
  output: exportOutput,
  cli: { epoch: { as: '<EPOCH>', about: "the epoch's number", kind: 'number' } },
  waits: () => true,
  run: async (context, { epoch }, signal) => ({ archive: await context.epochs.export(epoch, signal) }),
  render: ({ archive }) => ({ lines: [archive] }),
})
