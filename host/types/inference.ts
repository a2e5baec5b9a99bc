/** Defines the payload of an inference task. */
import { z } from 'zod'
import { limits } from '../limits.ts'
import { json } from './json.ts'

const count = z.number().int().nonnegative()

/** A function that a model asks its caller to call. */
export const toolCall = z.strictObject({
  id: z.string(),
  name: z.string(),
  /** The arguments as JSON text, as the model wrote them. */
  arguments: z.string(),
})

/** One turn of a chat. */
export const chatMessage = z.strictObject({
  role: z.enum(['system', 'user', 'assistant', 'tool']),
  content: z.string(),
  /** The calls that an assistant asks for. */
  tool_calls: z.array(toolCall),
  /** The call that a `tool` turn answers. */
  tool_call_id: z.string().nullable(),
})

/** The name of a function. */
export const functionName = z
  .string()
  .regex(/^[a-zA-Z0-9_-]{1,64}$/, 'a name is 1 to 64 letters, digits, _ or -')

/** A function that a model may call; `parameters` is the JSON schema of its arguments. */
export const tool = z.strictObject({
  name: functionName,
  description: z.string(),
  parameters: json,
})

/** The input of a model: a text, a chat, or texts to embed. */
export const inferenceInput = z.discriminatedUnion('type', [
  /** Text. `auto`: a user's turn if the model has a chat template, else continued. `none`: always continued. */
  z.strictObject({
    type: z.literal('text'),
    text: z.string(),
    template: z.enum(['auto', 'none']),
    /** The prompt as tokens of the model, exactly as it reads them. `text` is then empty, and `template` is `none`. */
    tokens: z.array(count).min(1).max(limits.prompt_tokens_max).exactOptional(),
  }),
  /** A chat, put into the model's own template. A model without one fails with `RIPPLE_MODEL_NOT_CHAT`. */
  z.strictObject({
    type: z.literal('chat'),
    messages: z.array(chatMessage).min(1).max(limits.chat_messages_max),
    tools: z.array(tool).max(limits.chat_tools_max),
    tool_choice: z.union([z.enum(['none', 'auto', 'required']), z.strictObject({ name: z.string() })]),
  }),
  /** Texts to embed. The answer is JSON: `{"vectors": [base64 of little-endian float32, ...]}`. */
  z.strictObject({
    type: z.literal('embed'),
    texts: z.array(z.string()).min(1).max(limits.embed_texts_max),
  }),
])

/** The form of an answer: any text, any JSON object, or JSON that a schema allows. */
export const answerFormat = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('text') }),
  z.strictObject({ type: z.literal('json') }),
  z.strictObject({ type: z.literal('schema'), schema: json }),
])

/** Sampling parameters, as a Result attests them: thousandths instead of fractions. */
const parameters = z.strictObject({
  max_tokens: count,
  temperature_milli: count,
  top_p_milli: count,
  top_k: count,
  context_tokens: count,
})

/** Penalties on repeated tokens, in thousandths (OpenAI's `frequency_penalty`, `presence_penalty`). */
const penalties = z.strictObject({
  frequency_milli: z.number().int().min(-2_000).max(2_000),
  presence_milli: z.number().int().min(-2_000).max(2_000),
})

/** Log probabilities of the answer's tokens, and on request of the prompt's (`types/scored-answer.ts`). */
const logprobs = z.strictObject({
  /** The number of likeliest tokens that each place names. */
  top: count.max(limits.top_logprobs_max),
  prompt: z.boolean(),
})

/** Additions to the logits of tokens, in thousandths (OpenAI's `logit_bias`). */
const bias = z.tuple([count, z.number().int().min(-100_000).max(100_000)])

/** The request of an inference task, in the clear. The payload is its canonical JSON. */
export const inferencePayload = z.strictObject({
  input: inferenceInput,
  format: answerFormat,
  stop: z.array(z.string().min(1).max(limits.stop_word_chars_max)).max(limits.stop_words_max),
  penalties,
  parameters,
  seed: count,
  logprobs: logprobs.exactOptional(),
  logit_bias: z.array(bias).min(1).max(limits.logit_bias_max).exactOptional(),
})

/** One turn of a chat. */
export type ChatMessage = z.infer<typeof chatMessage>
/** A function that a model may call. */
export type Tool = z.infer<typeof tool>
/** A function that a model asks its caller to call. */
export type ToolCall = z.infer<typeof toolCall>
/** The input of a model. */
export type InferenceInput = z.infer<typeof inferenceInput>
/** The form of an answer. */
export type AnswerFormat = z.infer<typeof answerFormat>
/** The request of an inference task, in the clear. */
export type InferencePayload = z.infer<typeof inferencePayload>

/** Returns the payload of a plain prompt: a user's turn if the model has a chat template, else continued. */
export function plainPrompt(
  text: string,
  rest: Pick<InferencePayload, 'parameters' | 'seed'>,
): InferencePayload {
  return {
    input: { type: 'text', text, template: 'auto' },
    format: { type: 'text' },
    stop: [],
    penalties: { frequency_milli: 0, presence_milli: 0 },
    ...rest,
  }
}
