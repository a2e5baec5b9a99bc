/** Defines the operations on the chats of this machine's owner. */
import { z } from 'zod'
import type { ErrorCode } from '../../errors/table.ts'
import { limits } from '../../limits.ts'
import { chat, chatRow } from '../../types/chat.ts'
import { defaultDataClass } from '../../types/data-class.ts'
import { defineOperation } from '../operation.ts'
import {
  answerTokensField,
  dataClassField,
  modelField,
  nothing,
  promptField,
  seedField,
  temperatureField,
} from '../request-fields.ts'

/** The default temperature of chats: answers vary more than at 0, and still make sense. */
const CHAT_TEMPERATURE = 0.7

const idField = z.string().min(1).max(64)
const chatField = idField.describe('the chat, by its id or the beginning of it')

const settings = {
  model: modelField,
  system: z
    .string()
    .max(limits.chat_system_chars_max)
    .default('')
    .describe('what the model is told first; empty for nothing'),
  temperature: temperatureField.default(CHAT_TEMPERATURE),
  max_tokens: answerTokensField,
  seed: seedField,
  data_class: dataClassField
    .default(defaultDataClass)
    .describe('the class of the chat; a secret one stays on this machine'),
}

const begun = z.strictObject({
  chat: z.string().describe("the chat's id"),
  message: z.string().describe("the message's id"),
  answer: z.string().describe("the answer's id; its text arrives as chat_text events"),
})

const fileErrors = ['RIPPLE_CHATS_DAMAGED', 'RIPPLE_DATA_NEWER'] as const satisfies readonly ErrorCode[]
const beginErrors = [
  ...fileErrors,
  'RIPPLE_PROMPT_EMPTY',
  'RIPPLE_PROMPT_ENCODING',
  'RIPPLE_PROMPT_TOO_LARGE',
  'RIPPLE_CHAT_UNKNOWN',
  'RIPPLE_CHAT_RUNNING',
  'RIPPLE_CHAT_FULL',
  'RIPPLE_CHAT_MANY',
  'RIPPLE_BUSY',
  'RIPPLE_DISK_FULL',
] as const satisfies readonly ErrorCode[]

/** Lists the chats. */
export const chatLs = defineOperation({
  name: 'chat.ls',
  title: 'List chats',
  summary: 'List your chats, the last changed first',
  description: 'Lists the chats that the daemon stores, the last changed first, without their messages.',
  effect: 'read',
  input: nothing,
  output: z.strictObject({ chats: z.array(chatRow).describe('the chats') }),
  errors: fileErrors,
  examples: ['ripple chat ls', 'ripple chat ls --json'],
  surfaces: { cli: {} },
})

/** Shows a whole chat. */
export const chatShow = defineOperation({
  name: 'chat.show',
  title: 'Show a chat',
  summary: 'Show a chat: your messages and the answers, also one that is under way',
  description:
    'Returns a chat with its messages and answers. An answer that is under way has its text so far; later pieces arrive as chat_text events, each with its place in the text.',
  effect: 'read',
  input: z.strictObject({ id: chatField }),
  output: chat,
  errors: [...fileErrors, 'RIPPLE_CHAT_UNKNOWN'],
  examples: ['ripple chat show 4f1c', 'ripple chat show 4f1c --json'],
  surfaces: { cli: { flags: { id: '<CHAT>' } } },
})

/** Adds a message and begins its answer. */
export const chatSend = defineOperation({
  name: 'chat.send',
  title: 'Send a message',
  summary: 'Add a message to a chat, and begin its answer',
  description:
    'Adds a message to a chat, or begins a new chat with it. The daemon asks the model, and stores the answer even if nobody waits for it. Returns at once.',
  effect: 'write',
  input: z.strictObject({
    chat: chatField.nullable().default(null).describe('the chat, by its id; null begins a new one'),
    text: promptField.describe('the message'),
    follows: idField
      .nullable()
      .default(null)
      .describe('the answer that it follows, if the message before has several; null for the newest'),
    ...settings,
  }),
  output: begun,
  errors: beginErrors,
  examples: [],
  surfaces: {},
})

/** Begins another answer to the last message. */
export const chatRetry = defineOperation({
  name: 'chat.retry',
  title: 'Answer again',
  summary: 'Begin another answer to the last message of a chat',
  description: 'Begins another answer to the last message of a chat. The answers before it stay.',
  effect: 'write',
  input: z.strictObject({ chat: chatField, ...settings }),
  output: begun,
  errors: beginErrors,
  examples: [],
  surfaces: {},
})

/** Changes an earlier message. */
export const chatEdit = defineOperation({
  name: 'chat.edit',
  title: 'Change a message',
  summary: 'Change a message of a chat, and begin its answer; what followed is removed',
  description: 'Changes a message, removes its answers and all messages after it, and begins a new answer.',
  effect: 'write',
  input: z.strictObject({
    chat: chatField,
    message: idField.describe('the message, by its id'),
    text: promptField.describe('its new text'),
    ...settings,
  }),
  output: begun,
  errors: beginErrors,
  examples: [],
  surfaces: {},
})

/** Ends the answer that is under way. */
export const chatStop = defineOperation({
  name: 'chat.stop',
  title: 'Stop an answer',
  summary: 'Stop the answer of a chat that is under way',
  description: 'Stops the answer of a chat that is under way, and its run. The text so far stays.',
  effect: 'write',
  idempotent: true,
  input: z.strictObject({ chat: chatField }),
  output: z.strictObject({ stopped: z.boolean().describe('whether an answer was under way') }),
  errors: [...fileErrors, 'RIPPLE_CHAT_UNKNOWN'],
  examples: [],
  surfaces: {},
})

/** Removes a chat. */
export const chatRm = defineOperation({
  name: 'chat.rm',
  title: 'Remove a chat',
  summary: 'Remove a chat from the disk; it cannot be brought back',
  description:
    'Removes a chat with all its messages from the disk. Receipts of its answers stay, and reveal them.',
  effect: 'destroy',
  input: z.strictObject({ id: chatField }),
  output: z.strictObject({
    id: z.string().describe('its id'),
    title: z.string().describe('the beginning of its first message'),
  }),
  errors: [...fileErrors, 'RIPPLE_CHAT_UNKNOWN', 'RIPPLE_DISK_FULL'],
  examples: ['ripple chat rm 4f1c'],
  surfaces: { cli: { flags: { id: '<CHAT>' } } },
})
