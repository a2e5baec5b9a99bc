/** Checks the presence that a peer sends. */
import { z } from 'zod'
import type { Presence } from '../../zomes-bindings/generated/agent-registry.ts'

const percent = z.number().int().min(0).max(100)

/** The schema of a beat. Anything can arrive here, so every field is checked. */
export const presenceSchema: z.ZodType<Presence> = z.strictObject({
  addresses: z.array(z.string().max(256)).max(16),
  availability: z.enum(['online', 'draining', 'offline']),
  load: z.strictObject({ cpu_percent: percent, gpu_percent: percent, memory_percent: percent }),
  held_grants: z.number().int().nonnegative(),
  reply: z.boolean(),
})
