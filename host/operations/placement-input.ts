/** Defines the request fields that say where a task may run. */
import { z } from 'zod'
import { NAME_BYTES_MAX, TAGS_MAX } from '../../zomes-bindings/generated/limits.ts'
import type { Wish } from './context.ts'
import type { CliFields } from './operation.ts'

const amount = z.number().int().min(0).max(0xffff_ffff).default(0)
const tag = z
  .string()
  .min(1)
  .refine((text) => Buffer.byteLength(text) <= NAME_BYTES_MAX, `longer than ${NAME_BYTES_MAX} bytes`)

/** Request fields that say where a task may run; zero and an empty list require nothing. */
export const placementFields = {
  model: z.string().min(1).max(128).nullable().default(null),
  prefer: z
    .enum(['any', 'nearest', 'cheapest', 'fastest'])
    .default('any')
    .describe('what counts first among the peers that can run it'),
  strategy: z
    .enum(['locality_aware_binpack', 'weighted_score'])
    .default('locality_aware_binpack')
    .describe('how everything else is weighed'),
  cores: amount,
  memory_mib: amount,
  disk_mib: amount,
  gpus: amount,
  vram_mib: amount.describe('memory of each GPU'),
  tags: z
    .array(tag)
    .max(TAGS_MAX)
    .default([])
    .describe(
      'tags that the worker must carry: class:, gpu: and region: are set by each machine, others by its owner',
    ),
}

/** The same fields as command line options. */
export const placementCli = {
  model: { as: '--model <NAME>', about: 'the model to run' },
  prefer: {
    as: '--prefer <WHAT>',
    about:
      'any, nearest (own region first), cheapest (no peer names a price yet: the least busy) or fastest (free tokens a second)',
  },
  strategy: { as: '--strategy <NAME>', about: 'locality_aware_binpack or weighted_score' },
  cores: { as: '--cores <N>', about: 'processor cores that the worker must have', kind: 'number' },
  memory_mib: { as: '--memory-mib <N>', about: 'memory that it must have, in MiB', kind: 'number' },
  disk_mib: { as: '--disk-mib <N>', about: 'free disk that it must have, in MiB', kind: 'number' },
  gpus: { as: '--gpu <N>', about: 'GPUs that it must have', kind: 'number' },
  vram_mib: { as: '--vram-mib <N>', about: 'memory of each GPU, in MiB', kind: 'number' },
  tags: { as: '--tag <TAGS>', about: 'tags that it must carry (a,b,c)', kind: 'list' },
} as const satisfies Record<keyof typeof placementFields, CliFields>

const fields = z.strictObject(placementFields)

/** Returns the wishes for the worker that a request's fields express. */
export function wishOf(given: z.output<typeof fields>): Wish {
  const { model, prefer, strategy, cores, memory_mib, disk_mib, gpus, vram_mib, tags } = given
  return {
    model,
    placement: { prefer, strategy },
    requirements: {
      cpu_cores: cores,
      memory_mib,
      disk_mib,
      gpu_count: gpus,
      vram_mib,
      tags: [...new Set(tags)],
    },
  }
}
