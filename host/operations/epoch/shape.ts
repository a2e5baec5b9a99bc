/** Defines the operations on the epochs of the network. */
import { z } from 'zod'
import { chainRoomView } from '../machine/view.ts'
import { defineOperation } from '../operation.ts'
import { nothing } from '../request-fields.ts'

const count = z.number().int().nonnegative()
const epoch = count.describe("the epoch's number")

/** An epoch of the network, as this machine has it. Times are milliseconds since 1970. */
export const epochView = z.strictObject({
  epoch,
  state: z
    .enum(['archived', 'open', 'now', 'next'])
    .describe('archived: only its archive is left; open: a past one with open work; now: it takes new tasks'),
  begins_at: count.describe('when it begins'),
  ends_at: count.describe('when it ends'),
  dna: z.string().nullable().describe('hash of its DNA; null if it is archived'),
  room: chainRoomView.nullable().describe("the space of this machine's chain in it; null if it is archived"),
  open: count.describe('own tasks and held grants that keep it open'),
  archive: z.string().nullable().describe('path of its archive; null if none was written'),
})

/** Lists the epochs that are open here, and the archived ones. */
export const epochLs = defineOperation({
  name: 'epoch.ls',
  title: 'List epochs',
  summary: 'List the epochs that are open or archived here, and how full their chains are',
  description:
    "Lists the network's epochs that this machine has open or has archived, oldest first, with the space of its chain in each.",
  effect: 'read',
  input: nothing,
  output: z.strictObject({ epochs: z.array(epochView).describe('the epochs, oldest first') }),
  errors: [],
  examples: ['ripple epoch ls', 'ripple epoch ls --json'],
  surfaces: { mcp: 'epoch.ls', cli: {} },
})

/** Writes the events that this machine signed in an epoch, and those that they depend on, to its archive. */
export const epochExport = defineOperation({
  name: 'epoch.export',
  title: 'Export an epoch',
  summary: 'Write the archive of an epoch now, and name its file',
  description:
    'Writes the signed events of this machine in an epoch, and those that they depend on, to a file, and returns its path. An epoch that ends is archived by itself.',
  effect: 'write',
  idempotent: true,
  input: z.strictObject({ epoch }),
  output: z.strictObject({ archive: z.string().describe('path of the file') }),
  errors: [
    'RIPPLE_EPOCH_UNKNOWN',
    'RIPPLE_CONDUCTOR_DOWN',
    'RIPPLE_DHT_REFUSED',
    'RIPPLE_DHT_UNAVAILABLE',
    'RIPPLE_DISK_FULL',
  ],
  waits: true,
  examples: ['ripple epoch export 20778'],
  surfaces: { mcp: 'epoch.export', cli: { flags: { epoch: '<EPOCH>' } } },
})
