/** Defines the questions about allocations between daemons, and their answers. */
import { z } from 'zod'
import { NAME_BYTES_MAX, TAGS_MAX } from '../../zomes-bindings/generated/limits.ts'
import { resourceLimits } from '../limits/resources.ts'

const amount = z.number().int().nonnegative()

/** The key of an allocation. It has no dot, because the keys of its later entries have one. */
export const allocationId = z
  .string()
  .regex(/^[\w-]{16,48}$/, 'an allocation id is 16 to 48 letters, digits, _ or -')

/** An amount of resources, in the units of entries. */
export const amountSchema = z.strictObject({
  cpu_cores: z.uint32(),
  memory_mib: amount,
  disk_mib: amount,
  gpu_count: z.uint32(),
  vram_mib: amount,
  tags: z.array(z.string().min(1).max(NAME_BYTES_MAX)).max(TAGS_MAX),
})

/** A question about an allocation. Its sender is or becomes the holder. */
export const resourceAsk = z.discriminatedUnion('op', [
  /** Give me this share for so long. The id of a running allocation of mine renews it. */
  z.strictObject({
    op: z.literal('allocate'),
    id: allocationId,
    kind: z.enum(['compute', 'inference', 'storage']),
    share: amountSchema,
    duration_ms: z
      .number()
      .int()
      .min(1_000)
      .max(resourceLimits.allocation_s_max * 1_000),
  }),
  /** End my allocation. */
  z.strictObject({ op: z.literal('release'), id: allocationId }),
])

/** A question about an allocation. */
export type ResourceAsk = z.infer<typeof resourceAsk>

/** The answer to such a question. */
export const resourceAnswer = z.discriminatedUnion('outcome', [
  z.strictObject({
    outcome: z.literal('allocated'),
    id: allocationId,
    share: amountSchema,
    endpoint: z.string().min(1).max(256),
    expires_at: amount,
  }),
  z.strictObject({ outcome: z.literal('released'), id: allocationId }),
  z.strictObject({
    outcome: z.literal('refused'),
    detail: z.string().max(resourceLimits.resource_words_max),
  }),
])

/** The answer to a question about an allocation. */
export type ResourceAnswer = z.infer<typeof resourceAnswer>
