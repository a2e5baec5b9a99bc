/** Defines the operation that asks one model. */
import { z } from 'zod'
import { routes } from '../../types/answer.ts'
import { defaultDataClass } from '../../types/data-class.ts'
import { taskType } from '../../types/task-type.ts'
import { defineOperation } from '../operation.ts'
import {
  answerTokensField,
  askErrors,
  dataClassField,
  keyField,
  modelField,
  promptField,
  seedField,
  temperatureField,
  traceField,
} from '../request-fields.ts'

const input = z.strictObject({
  prompt: promptField.describe('the question'),
  model: modelField,
  max_tokens: answerTokensField,
  temperature: temperatureField.default(0),
  top_p: z.number().min(0).max(1).default(1).describe('share of the likely tokens that may be chosen'),
  seed: seedField,
  key: keyField
    .nullable()
    .default(null)
    .describe('idempotency key: the same key never posts twice; if left out, a random one'),
  trace_id: traceField.nullable().default(null).describe('name under which its steps are logged'),
  task_type: taskType
    .nullable()
    .default(null)
    .describe('kind of the question, for ripple/auto and ripple/moe; if left out, by the form of the answer'),
  data_class: dataClassField
    .default(defaultDataClass)
    .describe('the class of its data; a secret question stays on this machine'),
})

const output = z.strictObject({
  response: z.string().describe('the answer'),
  model: z.string().describe('the model that answered'),
  finish: z.enum(['stop', 'length']).describe('length: it was cut off at the most tokens'),
  usage: z
    .strictObject({
      tokens_in: z.number().describe('tokens of the question'),
      tokens_out: z.number().describe('tokens of the answer'),
    })
    .nullable()
    .describe('null if a provider did not count'),
  route: z.enum(routes).describe('how the answer came'),
  peer: z.string().nullable().describe('agent key of the machine that computed it; null without one'),
  task: z.string().nullable().describe('hash of its task; null if none was posted'),
  receipt: z.string().nullable().describe('path of its receipt; null without one'),
  receipts: z.array(z.string()).describe('paths of the receipts of all tasks behind it'),
  why: z.string().describe('why it came this way'),
  trace_id: z.string().describe('name under which its steps were logged'),
})

/** Asks one model by a name that `GET /v1/models` lists, and returns the whole answer at its end. */
export const ask = defineOperation({
  name: 'ask',
  also: ['inference.single_query'],
  title: 'Ask a model',
  summary: 'Ask a model of the mesh, and print the answer as it comes',
  description:
    'Asks one model of the mesh, on this machine or another, and returns its whole answer with its origin and receipts. For an answer that streams, use POST /v1/chat/completions. It costs up to max_tokens tokens of the machine that answers, and the price of a provider if one does.',
  effect: 'write',
  scope: 'infer',
  idempotent: 'by key',
  input,
  output,
  errors: askErrors,
  waits: true,
  examples: [
    'ripple ask "Why is the sky blue?"',
    'ripple ask "Name three rivers." --model SmolLM2-135M-Instruct --max-tokens 64',
    'ripple ask --file question.txt --temperature 0.7 --json',
    'ripple ask "What is 12 times 12?" --task-type reasoning',
  ],
  surfaces: {
    mcp: 'inference.single_query',
    cli: {
      flags: {
        prompt: [
          { as: '[PROMPT]', kind: 'prompt' },
          { as: '--file <FILE>', kind: 'prompt-file' },
        ],
        model: '--model <NAME>',
        max_tokens: '--max-tokens <N>',
        temperature: '--temperature <T>',
        top_p: '--top-p <P>',
        seed: '--seed <N>',
        key: '--key <KEY>',
        trace_id: '--trace <ID>',
        task_type: '--task-type <TYPE>',
        data_class: '--data-class <CLASS>',
      },
    },
  },
})
