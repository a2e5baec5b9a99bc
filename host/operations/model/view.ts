/** Defines the outputs of the operations on models. */
import { z } from 'zod'

const count = z.number().int().nonnegative()

/** An error of a model; null without one. */
const problem = z
  .strictObject({
    code: z.string().describe('code of the error'),
    message: z.string().describe('the error as a sentence'),
    hint: z.string().describe('a way to fix it'),
  })
  .nullable()
  .default(null)

/** A model of the list, and whether its file is here. */
export const modelView = z.strictObject({
  name: z.string().describe('its name'),
  sha256: z
    .string()
    .nullable()
    .describe('sha256 of its file; null if the model list has none and the file is not here'),
  bytes: count.nullable().describe('size of its file; null if that is unknown'),
  licence: z.string().describe('its licence'),
  context_tokens: count.describe('tokens that its context holds'),
  present: z.boolean().describe('whether its file is here and can be run'),
  path: z.string().nullable().describe('path of its file; null if it is not here'),
  loaded: z.boolean().default(false).describe('whether it is in memory'),
  memory_bytes: count.nullable().default(null).describe('memory that it takes; null if it is not loaded'),
  running: count.default(0).describe('answers that it is giving now'),
  pulling: z
    .strictObject({
      bytes: count.describe('bytes that are here'),
      total: count.nullable().describe('size of the file; null if that is unknown'),
      source: z.string().nullable().describe('where it is fetched from; null while a source is looked for'),
      bytes_per_s: count.nullable().default(null).describe('bytes a second now; null while that is unknown'),
    })
    .nullable()
    .default(null)
    .describe('progress of the daemon that fetches it; null if it does not'),
  pull_as: z
    .string()
    .nullable()
    .default(null)
    .describe('the name under which a pull fetches it, or continues; null if that is unknown'),
  pull_problem: problem.describe('why its last pull failed; null if it did not'),
  part_bytes: count
    .default(0)
    .describe('bytes of an unfinished download that are here, with which a pull continues'),
  indexing: z
    .boolean()
    .default(false)
    .describe('whether its file is here but its sha256 is unknown yet: until then it cannot be run'),
  problem: problem.describe('why its file, which is here, is not offered; null if it is'),
})

const figure = (about: string) =>
  z
    .strictObject({
      value: z.number().nonnegative().nullable().describe('the number; null if it is unknown'),
      basis: z
        .enum([
          'measured here',
          'from the file',
          'from the model list',
          "a peer's word",
          'estimated',
          'not known',
        ])
        .describe('where the number comes from'),
    })
    .describe(about)

/** The judgement whether a model can run here and how fast, with the basis of each number. */
export const fitView = z.strictObject({
  name: z.string().describe("the model's name"),
  verdict: z.enum(['fits', 'tight', 'does_not_fit']).describe('whether it can run here'),
  reasons: z.array(z.string()).describe('reasons of the verdict; empty if it fits with ease'),
  here: z.boolean().describe('whether its file is on this machine'),
  context_tokens: count.describe('the context that the memory is for'),
  file_bytes: figure('size of its file, in bytes'),
  memory_bytes: figure('memory that it takes with that context, in bytes'),
  free_memory: figure('memory that models can have now, in bytes'),
  free_disk: figure('free space on the disk of the models, in bytes'),
  tokens_per_second: figure('tokens that it generates a second'),
  speed_note: z.string().describe('a remark about the speed'),
  notes: z.array(z.string()).describe('facts that could not be looked up'),
})

/** The machines that have a model. */
export const modelPlacesView = z.strictObject({
  name: z.string().describe('its name'),
  sha256: z.string().describe('sha256 of its file, by which it can be fetched from these machines'),
  context_tokens: count.describe('tokens that its context holds'),
  here: z.boolean().describe('whether this machine has it'),
  at: z
    .array(
      z.strictObject({
        agent: z.string().describe('agent key of the machine'),
        name: z.string().describe('its name'),
        loaded: z.boolean().describe('whether the model is in its memory'),
      }),
    )
    .describe('the machines that are there and have it'),
})

/** The memory and the disk that the models of this machine have. */
export const modelMemoryView = z.strictObject({
  budget_bytes: count
    .nullable()
    .describe('memory that models may take together, GPU included; null if nothing bounds it'),
  used_bytes: count.describe('memory that the loaded models take, as the engine estimates it'),
  free_bytes: count.nullable().describe('memory that one model could have now; null if that is unknown'),
  gpu: z
    .strictObject({
      backend: z.string().describe('its programming interface'),
      devices: z.array(z.string()).describe('names of its devices'),
      vram_bytes: count.describe('memory of all devices'),
      budget_bytes: count.describe(
        'part of the budget that lies in it; 0 if it shares the memory of the machine',
      ),
    })
    .nullable()
    .describe('the GPU that the engine runs on; null for the CPU'),
  folder: z.string().describe('the folder of the model files'),
  free_disk_bytes: count.describe('free space on its disk'),
})
