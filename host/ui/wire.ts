/** Defines the documents that the page reads from the daemon. */
import * as z from 'zod/mini'

const text = z.string()
const maybeText = z.optional(z.nullable(text))
const count = z.number().check(z.nonnegative())

/** An error of the API, in its own format or in OpenAI's. OpenAI's format has OpenAI's `code` and the daemon's `ripple_code`. */
export const errorBody = z.object({
  error: z.object({ message: text, code: maybeText, ripple_code: maybeText, hint: maybeText }),
})

/** The places of a model, which the daemon adds to OpenAI's fields. */
const modelPlaces = z.object({
  at: z.optional(z.array(z.object({ agent: text, loaded: z.boolean() }))),
})

/** `GET /v1/models`. */
export const modelList = z.object({
  data: z.array(z.object({ id: text, owned_by: maybeText, ripple: z.optional(modelPlaces) })),
})

/** The origin of an answer, which the daemon adds to OpenAI's fields. The last piece has all of it. */
const origin = z.object({
  task: maybeText,
  route: maybeText,
  peer: maybeText,
  why: maybeText,
})

/** One piece of `POST /v1/chat/completions` with `stream`. */
export const chunk = z.object({
  model: maybeText,
  choices: z.optional(
    z.array(
      z.object({
        delta: z.optional(z.object({ content: maybeText })),
        finish_reason: maybeText,
      }),
    ),
  ),
  usage: z.optional(z.nullable(z.object({ prompt_tokens: count, completion_tokens: count }))),
  ripple: z.optional(z.nullable(origin)),
})

/** `POST /api/peers`. */
export const peerList = z.object({
  peers: z.array(z.object({ agent: text, name: text, self: z.boolean() })),
})

/** `POST /api/status`. */
export const machineStatus = z.object({
  name: text,
  agent: text,
  network: z.object({ name: text }),
})

/** `POST /api/task/receipt` with `bytes`. */
export const receiptBytes = z.object({ receipt: text, base64: text })

/** `POST /api/open`, and `POST /api/page/key`. */
export const pageCode = z.object({ code: text })
export const pageKey = z.object({ key: text })

/** A model that may be asked. */
export type Model = z.infer<typeof modelList>['data'][number]
/** A piece of an answer. */
export type Chunk = z.infer<typeof chunk>
/** The origin of an answer. */
export type Origin = z.infer<typeof origin>
/** A machine of the mesh. */
export type Peer = z.infer<typeof peerList>['peers'][number]
/** The machine whose daemon serves the page. */
export type Machine = z.infer<typeof machineStatus>
