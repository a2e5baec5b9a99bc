/** Defines the view of what a task waits for. */
import { z } from 'zod'

const time = z.number().int().nonnegative()

/** The obstacle that an open task waits for. */
export const waitingView = z.strictObject({
  on: z.enum([
    'tasks',
    'close',
    'worker',
    'check',
    'stand_in',
    'brake',
    'grant',
    'answer',
    'busy',
    'round',
    'others',
    'nobody',
  ]),
  peer: z.string().nullable().describe('the peer that is waited for'),
  until: time.nullable().describe('null where time alone changes nothing'),
  due: z
    .strictObject({
      phase: z.enum(['granted', 'reading', 'generating', 'attesting', 'delivered', 'checked']),
      limit: z.string().describe('the name of the deadline'),
      renewed_by: z.string().nullable().describe('the news that renews it'),
      lost_as: z.enum(['expired', 'silent']),
      at: time,
    })
    .nullable()
    .default(null)
    .describe('the phase of the current attempt, and its next deadline; null if no attempt stands'),
})
