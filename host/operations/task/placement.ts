/** Defines the request fields that say where a task may run. */
import { z } from 'zod'
import { NAME_BYTES_MAX, TAGS_MAX } from '../../../zomes-bindings/generated/limits.ts'

const amount = z.number().int().min(0).max(0xffff_ffff).default(0)
const tag = z
  .string()
  .min(1)
  .refine((text) => Buffer.byteLength(text) <= NAME_BYTES_MAX, `longer than ${NAME_BYTES_MAX} bytes`)

/** Request fields that say where a task may run; zero and an empty list require nothing. */
export const placementFields = {
  model: z
    .string()
    .min(1)
    .max(128)
    .nullable()
    .default(null)
    .describe('the model to run; if left out, the configured one'),
  prefer: z
    .enum(['any', 'nearest', 'cheapest', 'fastest'])
    .default('any')
    .describe(
      'the property that counts first among the peers that can run it: nearest is the own region, cheapest the least busy (no peer names a price yet), fastest the most free tokens a second',
    ),
  strategy: z
    .enum(['locality_aware_binpack', 'weighted_score'])
    .default('locality_aware_binpack')
    .describe('the weighing of everything else'),
  cores: amount.describe('processor cores that the worker must have'),
  memory_mib: amount.describe('memory that the worker must have, in MiB'),
  disk_mib: amount.describe('free disk that the worker must have, in MiB'),
  gpus: amount.describe('GPUs that the worker must have'),
  vram_mib: amount.describe('memory of each GPU, in MiB'),
  tags: z
    .array(tag)
    .max(TAGS_MAX)
    .default([])
    .describe(
      'tags that the worker must carry: class:, gpu: and region: are set by each machine, others by its owner',
    ),
}

/** The same fields on the command line. */
export const placementFlags = {
  model: '--model <NAME>',
  prefer: '--prefer <WHAT>',
  strategy: '--strategy <NAME>',
  cores: '--cores <N>',
  memory_mib: '--memory-mib <N>',
  disk_mib: '--disk-mib <N>',
  gpus: '--gpu <N>',
  vram_mib: '--vram-mib <N>',
  tags: '--tag <TAGS>',
} as const satisfies Record<keyof typeof placementFields, string>
