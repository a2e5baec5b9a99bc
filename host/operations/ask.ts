/** Defines the verbs that ask one model. */
import { z } from 'zod'
import { limits } from '../limits.ts'
import { type Ask, receiptsOf, routes } from '../types/answer.ts'
import { dataClasses, defaultDataClass } from '../types/data-class.ts'
import { earlyHead } from '../types/early-head.ts'
import { taskType, taskTypes } from '../types/task-type.ts'
import type { Context } from './context.ts'
import { type CompletionCall, type Operation, operation } from './operation.ts'
import { dataClassField, keyField, promptField, traceField } from './request-fields.ts'
import { originNotes } from './text.ts'

const input = z.strictObject({
  prompt: promptField.describe('what to ask'),
  model: z.string().min(1).max(limits.openai_model_chars_max).default('ripple/auto'),
  max_tokens: z
    .int()
    .min(1)
    .max(limits.max_tokens_max)
    .nullable()
    .default(null)
    .describe('most tokens to generate; null: as many as the model has room for'),
  temperature: z.number().min(0).max(2).default(0),
  top_p: z.number().min(0).max(1).default(1),
  seed: z
    .int()
    .min(0)
    .max(0xffff_ffff)
    .nullable()
    .default(null)
    .describe('with a seed the run has an engine to itself, and can be replayed'),
  key: keyField.nullable().default(null),
  trace_id: traceField.nullable().default(null),
  task_type: taskType
    .nullable()
    .default(null)
    .describe(
      'what kind of task it is: ripple/auto and ripple/moe go by it; null: by the form of the answer',
    ),
  data_class: dataClassField
    .default(defaultDataClass)
    .describe('who may see it; what is secret is asked of this machine alone'),
})

const output = z.strictObject({
  response: z.string(),
  model: z.string().describe('the model that answered'),
  finish: z.enum(['stop', 'length']),
  usage: z
    .strictObject({ tokens_in: z.number(), tokens_out: z.number() })
    .nullable()
    .describe('null where a provider did not count'),
  route: z.enum(routes),
  peer: z.string().nullable().describe('who computed it; null where no peer did'),
  task: z.string().nullable().describe('hash of its task; null where none was posted'),
  receipt: z.string().nullable().describe('path of the file'),
  receipts: z.array(z.string()).describe('paths of the receipts of all tasks behind it'),
  why: z.string().describe('why it went this way'),
  trace_id: z.string(),
})

type Given = z.output<typeof input>

/** Asks one model by a name that `GET /v1/models` lists, and returns the whole answer at its end. */
export const singleQuery = asking('inference.single_query', {
  summary: 'Ask one model of the mesh, and wait for the whole answer',
  examples: ['ripple inference single_query "Why is the sky blue?" --model ripple/auto --json'],
  streams: false,
})

/** Asks the same way for people: the command prints the answer as it arrives. */
export const ask = asking('ask', {
  summary: 'Ask a model of the mesh, and print the answer as it comes',
  examples: [
    'ripple ask "Why is the sky blue?"',
    'ripple ask "Name three rivers." --model SmolLM2-135M-Instruct --max-tokens 64',
    'ripple ask --file question.txt --temperature 0.7 --json',
    'ripple ask "What is 12 times 12?" --task-type reasoning',
  ],
  streams: true,
})

interface Words {
  readonly summary: string
  readonly examples: readonly string[]
  readonly streams: boolean
}

function asking(name: string, { summary, examples, streams }: Words): Operation<Context> {
  return operation<Context, typeof input, typeof output>({
    name,
    effect: 'write',
    scope: 'infer',
    summary,
    examples,
    input,
    output,
    cli: {
      prompt: [
        { as: '[PROMPT]', about: 'what to ask', kind: 'prompt' },
        {
          as: '--file <FILE>',
          about: 'read it from a file, or from standard input (-)',
          kind: 'prompt-file',
        },
      ],
      model: { as: '--model <NAME>', about: 'the model to ask (ripple/auto)' },
      max_tokens: { as: '--max-tokens <N>', about: 'most tokens to generate', kind: 'number' },
      temperature: {
        as: '--temperature <T>',
        about: '0 takes the likeliest token each time',
        kind: 'number',
      },
      top_p: { as: '--top-p <P>', about: 'share of likely tokens to choose from', kind: 'number' },
      seed: { as: '--seed <N>', about: 'seed of the sampler: the run can be replayed', kind: 'number' },
      key: { as: '--key <KEY>', about: 'idempotency key: the same key never posts twice' },
      trace_id: { as: '--trace <ID>', about: 'name under which its steps are logged' },
      task_type: {
        as: '--task-type <TYPE>',
        about: `what kind of task it is, for ripple/auto and ripple/moe: ${taskTypes.join(', ')}`,
      },
      data_class: {
        as: '--data-class <CLASS>',
        about: `who may see it: ${dataClasses.join(', ')} (${defaultDataClass}); secret stays on this machine`,
      },
    },
    waits: () => true,
    ...(streams ? { completion: completionOf } : {}),
    run: async ({ inference }, given, signal, principal) => {
      const answer = await inference.ask({ ...askOf(given), principal }, signal)
      const { text: response, model_digest: _digest, ...end } = await answer.end
      return { response, ...end, receipts: receiptsOf(end), trace_id: answer.trace_id }
    },
    render: ({ response, ...end }) => ({ lines: [response], notes: originNotes(end) }),
  })
}

function askOf({ prompt, temperature, top_p, task_type, ...given }: Given): Ask {
  return {
    ...given,
    ...(task_type === null ? {} : { task_type }),
    input: { type: 'text', text: prompt, template: 'auto' },
    format: { type: 'text' },
    stop: [],
    penalties: { frequency_milli: 0, presence_milli: 0 },
    temperature_milli: Math.round(temperature * 1_000),
    top_p_milli: Math.round(top_p * 1_000),
    top_k: 0,
  }
}

/** Returns the same question for `POST /v1/completions`, which streams the answer in pieces. */
function completionOf({ key, trace_id, data_class, task_type, ...rest }: Given): CompletionCall {
  const metadata = task_type === null ? {} : { metadata: { task_type } }
  return {
    headers: {
      ...(key === null ? {} : { 'x-ripple-key': key }),
      ...(trace_id === null ? {} : { 'x-ripple-trace': trace_id }),
      'x-ripple-data-class': data_class,
      [earlyHead.name]: earlyHead.value,
    },
    body: { ...rest, ...metadata, template: 'auto', stream: true },
  }
}
