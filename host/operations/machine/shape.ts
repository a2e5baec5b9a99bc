/** Defines the operations on this machine: its status, its peers, and its end. */
import { z } from 'zod'
import { defineOperation } from '../operation.ts'
import { nothing } from '../request-fields.ts'
import { peerView, statusView } from './view.ts'

/** Returns the daemon's current status. */
export const status = defineOperation({
  name: 'status',
  title: 'Status',
  summary: 'Show the daemon: network, peers, conductor, engine, models, tasks',
  description:
    "Returns the daemon's state: its network, peers, conductor, engine, models, tasks, and whether it takes work.",
  effect: 'read',
  input: nothing,
  output: statusView,
  errors: [],
  examples: ['ripple status', 'ripple status --json'],
  surfaces: { mcp: 'status', cli: {} },
})

/** Lists the peers and their resources. */
export const peers = defineOperation({
  name: 'peers',
  title: 'List peers',
  summary: 'List the peers of the network and what they have',
  description:
    'Lists the machines of the network with their state, processors, memory, GPU and models, this machine included.',
  effect: 'read',
  input: z.strictObject({
    wide: z
      .boolean()
      .default(false)
      .describe('add the way to each peer, the round-trip time, its load and its loaded models'),
  }),
  output: z.strictObject({
    peers: z.array(peerView).describe('the machines'),
    join: z
      .string()
      .nullable()
      .describe('the command that joins another machine; null if another one is there'),
  }),
  errors: ['RIPPLE_DHT_UNAVAILABLE', 'RIPPLE_CONDUCTOR_DOWN'],
  examples: ['ripple peers', 'ripple peers --wide', 'ripple peers --json'],
  surfaces: { mcp: 'holochain.query_peers', cli: { flags: { wide: '--wide' } } },
})

/** Takes a machine out of the mesh without losing the work that it has begun. */
export const drain = defineOperation({
  name: 'drain',
  title: 'Drain',
  summary: 'Take no new work: what runs is finished and handed over, what waits is given back',
  description:
    'Makes this machine take no new work: running tasks are finished and handed over, waiting ones are returned. Use it before a stop; with off, the machine takes work again.',
  effect: 'write',
  idempotent: true,
  input: z.strictObject({
    off: z.boolean().default(false).describe('take work again'),
    wait: z
      .boolean()
      .default(false)
      .describe('answer when no grant is held any more: run, written and closed, or its poster away'),
  }),
  output: z.strictObject({
    draining: z.boolean().describe('whether this machine takes no new work'),
    held_grants: z.number().int().nonnegative().describe('grants that are still to be run or handed over'),
  }),
  errors: [],
  waits: ({ off, wait }) => wait && !off,
  examples: ['ripple drain --wait && ripple down', 'ripple drain --off'],
  surfaces: { mcp: 'drain', cli: { flags: { off: '--off', wait: '--wait' } } },
})

/** Begins an orderly stop of the daemon. */
export const stop = defineOperation({
  name: 'down',
  title: 'Stop',
  summary: 'Stop the daemon',
  description: 'Begins an orderly stop of the daemon, and answers before the process has ended.',
  effect: 'destroy',
  idempotent: true,
  input: nothing,
  output: z.strictObject({
    pid: z.number().int().describe("the daemon's process"),
    stopped: z.boolean().describe('whether it has ended'),
  }),
  errors: [],
  examples: ['ripple down'],
  surfaces: {},
})
