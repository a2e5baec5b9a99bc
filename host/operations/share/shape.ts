/** Defines the operations on what this machine does for others, and when. */
import { z } from 'zod'
import { limits } from '../../limits.ts'
import { defineOperation } from '../operation.ts'
import { nothing } from '../request-fields.ts'

const count = z.number().int().nonnegative()

/** Whether work of others is taken now, and the settings that decide it. */
export const shareView = z.strictObject({
  takes: z.boolean().describe('whether new work of other machines is taken now'),
  why: z.string().nullable().describe("the owner's reason to take none; null without one"),
  pause: z
    .strictObject({
      until: count.nullable().describe('when it ends, in milliseconds since 1970; null until it is ended'),
    })
    .nullable()
    .describe('the pause that the owner asked for; null without one'),
  draining: z.boolean().describe('whether this machine takes no new work at all'),
  held_grants: count.describe('grants of others that this machine runs or is about to'),
  rules: z
    .strictObject({
      models: z.boolean().describe('whether other machines may fetch model files from this one'),
      offers: z.boolean().describe('whether other machines may allocate shares of this one'),
      cores: count.nullable().describe('threads of the engine; null for all cores but one'),
      memory_mib: count
        .nullable()
        .describe('memory for loaded models besides that of a GPU, in MiB; null for a share of what is free'),
      hours: z
        .array(z.string())
        .describe('when work of others is taken, by the local clock; empty for always'),
      pause_when_used: z.boolean().describe('whether nothing is taken while somebody uses the machine'),
      on_battery: z.boolean().describe('whether work of others is taken on battery too'),
    })
    .describe("the owner's settings"),
})

/** Shows what this machine does for others. */
export const shareShow = defineOperation({
  name: 'share.show',
  title: 'Show what is shared',
  summary: 'Show whether work of others is taken now, and by which settings',
  description:
    "Returns whether this machine takes new work of other machines now, the owner's reason if not, and the settings that decide it.",
  effect: 'read',
  input: nothing,
  output: shareView,
  errors: [],
  examples: ['ripple share show', 'ripple share show --json'],
  surfaces: { cli: {} },
})

/** Takes no work of others for a time. */
export const sharePause = defineOperation({
  name: 'share.pause',
  title: 'Pause sharing',
  summary: 'Take no new work of others, for a time or until it is resumed; own tasks still run',
  description:
    'Takes no new work of other machines, for a time or until it is resumed. What runs is finished, and own tasks still run here. The pause outlives a restart of the daemon.',
  effect: 'write',
  idempotent: true,
  input: z.strictObject({
    for_ms: z
      .number()
      .int()
      .min(1_000)
      .max(limits.share_pause_ms_max)
      .nullable()
      .default(null)
      .describe('how long; if left out, until it is resumed'),
    off: z.boolean().default(false).describe('end the pause'),
  }),
  output: shareView,
  errors: ['RIPPLE_DISK_FULL'],
  examples: ['ripple share pause', 'ripple share pause --for 2h', 'ripple share pause --off'],
  surfaces: { mcp: 'share.pause', cli: { flags: { for_ms: '--for <TIME>', off: '--off' } } },
})

/** Takes work of others again. */
export const shareResume = defineOperation({
  name: 'share.resume',
  title: 'Resume sharing',
  summary: 'Take work of others again, after a pause',
  description:
    "Ends the owner's pause. Work of other machines is taken again unless a setting, such as the hours, keeps it away.",
  effect: 'write',
  idempotent: true,
  input: nothing,
  output: shareView,
  errors: ['RIPPLE_DISK_FULL'],
  examples: ['ripple share resume'],
  surfaces: { cli: {} },
})
