/** Defines the chats that a daemon keeps: settings, questions and answers. */
import { z } from 'zod'
import { routes } from './answer.ts'
import { dataClasses } from './data-class.ts'

const count = z.number().int().nonnegative()

/** The settings of an answer: the model, what it is told first, and how it samples. */
export const chatSettings = z.strictObject({
  model: z.string().describe('the name of the model'),
  system: z.string().describe('what the model is told first; empty for nothing'),
  temperature: z.number().describe('0 takes the likeliest token each time'),
  max_tokens: count.nullable().describe('most tokens to generate; null for as many as there is room for'),
  seed: count.nullable().describe('seed of the sampler; null for any'),
  data_class: z.enum(dataClasses).describe('the class of the chat; a secret one stays on this machine'),
})

/** The states of an answer; only the first one changes. `cut_off`: the daemon ended before the answer did. */
const answerStates = ['running', 'done', 'stopped', 'failed', 'cut_off'] as const

/** An answer of a chat. */
export const chatAnswer = z.strictObject({
  id: z.string().describe('its id'),
  at: count.describe('the time of the ask, in milliseconds since 1970'),
  state: z
    .enum(answerStates)
    .describe('cut_off: the daemon ended before the answer did; the text is what had arrived by then'),
  text: z.string().describe('the text, so far if it is still running'),
  settings: chatSettings.describe('how it was asked'),
  task_key: z.string().nullable().describe('key of its task; null before one is posted'),
  trace_id: z.string().nullable().describe('name under which its steps were logged; null before it began'),
  first_ms: count.nullable().describe('milliseconds from the ask to the first text; null without text'),
  text_ms: count.nullable().describe('milliseconds from the first text to the last; null without text'),
  end: z
    .strictObject({
      finish: z.enum(['stop', 'length']).describe('length: it was cut at the most tokens'),
      usage: z
        .strictObject({
          tokens_in: count.describe('tokens read'),
          tokens_out: count.describe('tokens written'),
        })
        .nullable()
        .describe('null if a provider did not count'),
      model: z.string().describe('the model that answered'),
      route: z.enum(routes).describe('how the answer came'),
      peer: z.string().nullable().describe('agent key of the machine that computed it; null without one'),
      task: z.string().nullable().describe('hash of its task; null if none was posted'),
      receipts: z.array(z.string()).describe('paths of the receipts of all tasks behind it'),
      why: z.string().describe('why it came this way'),
    })
    .nullable()
    .describe('the origin of a whole answer; null for any other'),
  error: z
    .strictObject({
      code: z.string().describe('code of the error'),
      message: z.string().describe('the problem'),
      hint: z.string().describe('the next step'),
    })
    .nullable()
    .describe('the error of a failed answer; null for any other'),
})

/** A message of the person, with its answers. */
const chatTurn = z.strictObject({
  id: z.string().describe('its id'),
  at: count.describe('the time of the message, in milliseconds since 1970'),
  text: z.string().describe('the message'),
  follows: z
    .string()
    .nullable()
    .describe('the answer to the message before that this message follows; null if it is the first'),
  answers: z.array(chatAnswer).describe('the answers, oldest first'),
})

const head = {
  id: z.string().describe('its id'),
  title: z.string().describe('the beginning of its first message'),
  created_at: count.describe('the time of its first message, in milliseconds since 1970'),
  changed_at: count.describe('the time of its last change, in milliseconds since 1970'),
  settings: chatSettings.describe('the settings of its last answer'),
}

/** A chat in a list. */
export const chatRow = z.strictObject({
  ...head,
  messages: count.describe("the number of the person's messages"),
  running: z.boolean().describe('whether an answer is under way'),
})

/** A whole chat. */
export const chat = z.strictObject({
  ...head,
  turns: z.array(chatTurn).describe('the messages with their answers, in order'),
})

/** The settings of an answer. */
export type ChatSettings = z.output<typeof chatSettings>
/** An answer of a chat. */
export type ChatAnswer = z.output<typeof chatAnswer>
/** A message with its answers. */
export type ChatTurn = z.output<typeof chatTurn>
/** A chat in a list. */
export type ChatRow = z.output<typeof chatRow>
/** A whole chat. */
export type Chat = z.output<typeof chat>
