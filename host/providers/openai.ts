/** Asks a provider that speaks OpenAI's protocol. */
import { createParser } from 'eventsource-parser'
import { z } from 'zod'
import type { Secret } from '../config/secrets.ts'
import type { OpenAiConfig } from '../config/upstream.ts'
import { type Facts, RippleError } from '../errors/ripple-error.ts'
import { limits } from '../limits.ts'
import { AnswerText } from './answer-text.ts'
import { OpenAiAnswer } from './openai-answer.ts'
import { openAiRequest } from './openai-request.ts'
import type { Provider, ProviderAnswer, ProviderRequest } from './port.ts'
import { providerErrorText } from './provider-error-text.ts'
import { type Watch, watchAnswer } from './watch.ts'

/** The key and the timing of requests over HTTP. */
export interface OpenAiNeeds {
  /** Returns the provider's key; null if it needs none. Rejects with `RIPPLE_UPSTREAM_NO_KEY` if it is not set. */
  key(): Promise<Secret | null>
  /** The longest silence of the provider, in milliseconds. */
  readonly silenceMs?: number
}

/** Asks a provider that speaks OpenAI's protocol over HTTP. */
export function openAiProvider(config: OpenAiConfig, needs: OpenAiNeeds): Provider {
  const { name, models, timeout_ms: totalMs } = config
  const silenceMs = needs.silenceMs ?? limits.upstream_silence_ms
  return {
    name,
    kind: 'openai',
    models,
    ask: async (request, onText, signal) => {
      const key = await needs.key()
      using watch = watchAnswer(name, { totalMs, silenceMs }, signal)
      const asked: Asked = { config, request, key, watch }
      try {
        const response = await send(asked)
        if (!response.ok) throw await refusal(response, asked)
        return await readAnswer(response, asked, new AnswerText(name, onText))
      } catch (thrown) {
        throw failure(thrown, asked)
      }
    },
  }
}

interface Asked {
  readonly config: OpenAiConfig
  readonly request: ProviderRequest
  readonly key: Secret | null
  readonly watch: Watch
}

async function send({ config, request, key, watch }: Asked): Promise<Response> {
  const { path, body } = openAiRequest(request, config)
  const response = await fetch(`${config.base_url.replace(/\/+$/, '')}/${path}`, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      accept: 'text/event-stream, application/json',
      // A compressed stream comes in lumps.
      'accept-encoding': 'identity',
      // A daemon uses it as the trace id of its own asks; other servers ignore it.
      ...(request.trace_id === null ? {} : { 'x-ripple-trace': request.trace_id }),
      ...(key === null ? {} : { authorization: `Bearer ${headerValue(config.name, key)}` }),
    },
    body: JSON.stringify(body),
    // Permission for one host does not extend to another, least of all for the key.
    redirect: 'error',
    signal: watch.signal,
  })
  watch.heard()
  return response
}

/** Returns the key if it is visible ASCII, as a header needs; the platform's error for another key would repeat it. */
function headerValue(provider: string, key: Secret): string {
  const value = key.reveal()
  if (/^[\x21-\x7e]+$/.test(value)) return value
  throw new RippleError('RIPPLE_UPSTREAM_KEY', { provider, detail: 'no header can hold its characters' })
}

async function readAnswer(
  response: Response,
  { config, watch }: Asked,
  text: AnswerText,
): Promise<ProviderAnswer> {
  const answer = new OpenAiAnswer(config.name, text)
  let unreadable = false
  const parser = createParser({
    onEvent: ({ data }) => {
      if (!answer.done) answer.take(data)
    },
    onError: ({ type }) => {
      unreadable ||= type === 'max-buffer-size-exceeded'
    },
    maxBufferSize: limits.upstream_text_bytes_max,
  })
  // Servers label either form as the other, and no line of a stream begins with a brace.
  let form: 'unknown' | 'whole' | 'events' = 'unknown'
  let held = ''
  for await (const piece of readText(response, config.name, watch)) {
    held += piece
    if (form === 'unknown') form = formOf(held)
    if (form === 'whole') continue
    parser.feed(held)
    held = ''
    if (unreadable) throw failed(config.name, 'a line of its answer has no end')
    // A server may keep the connection open after its last word.
    if (answer.done) break
  }
  if (form === 'whole') answer.takeWhole(held)
  return answer.end()
}

function formOf(begin: string): 'unknown' | 'whole' | 'events' {
  const first = /\S/.exec(begin)?.[0]
  if (first === undefined) return 'unknown'
  return first === '{' ? 'whole' : 'events'
}

/** Yields the text of a body as it comes. Ending the loop ends the connection. Throws if it is too long or not UTF-8. */
async function* readText(response: Response, provider: string, watch: Watch): AsyncGenerator<string> {
  const decoder = new TextDecoder('utf-8', { fatal: true })
  let bytes = 0
  try {
    for await (const part of response.body ?? []) {
      watch.heard()
      bytes += part.length
      if (bytes > limits.upstream_wire_bytes_max)
        throw failed(provider, `it sent more than ${limits.upstream_wire_bytes_max} bytes`)
      yield decoder.decode(part, { stream: true })
    }
    yield decoder.decode()
  } catch (thrown) {
    if (
      thrown instanceof TypeError &&
      (thrown as NodeJS.ErrnoException).code === 'ERR_ENCODING_INVALID_ENCODED_DATA'
    )
      throw failed(provider, 'its reply is not UTF-8')
    throw thrown
  }
}

/** Returns the error for a status other than success. */
async function refusal(response: Response, { config, request, key, watch }: Asked): Promise<RippleError> {
  const { name: provider } = config
  const { status } = response
  const said = providerErrorText(await firstWords(response, watch), key)
  const detail = said === '' ? `status ${status}` : `status ${status}, ${said}`
  if (status === 401 || status === 403) return new RippleError('RIPPLE_UPSTREAM_KEY', { provider, detail })
  if (status === 404)
    return new RippleError('RIPPLE_UPSTREAM_MODEL', { provider, model: request.model, detail })
  if (status === 429) {
    const facts: Facts = { provider, detail, retry_after_s: retryAfter(response.headers.get('retry-after')) }
    return new RippleError('RIPPLE_UPSTREAM_BUSY', facts)
  }
  if (status >= 500) return failed(provider, detail)
  // The request is at fault, and was not run.
  return new RippleError('RIPPLE_UPSTREAM_FAILED', { provider, detail, ran: false })
}

/** Returns the beginning of an error's text: its `message` in OpenAI's format, or else the text itself. */
async function firstWords(response: Response, watch: Watch): Promise<string> {
  let bytes = Buffer.alloc(0)
  for await (const part of response.body ?? []) {
    watch.heard()
    bytes = Buffer.concat([bytes, part])
    if (bytes.length > limits.upstream_words_bytes_max) break
  }
  const text = bytes.subarray(0, limits.upstream_words_bytes_max).toString('utf8')
  return messageIn(text) ?? text
}

const errorSchema = z.object({ error: z.union([z.string(), z.object({ message: z.string() })]) })

function messageIn(text: string): string | null {
  try {
    const { error } = errorSchema.parse(JSON.parse(text))
    return typeof error === 'string' ? error : error.message
  } catch {
    return null
  }
}

/** Returns `Retry-After` in seconds, from a number of seconds or a date. */
function retryAfter(header: string | null): number {
  const wanted = header === null ? Number.NaN : secondsOf(header.trim())
  const seconds = Number.isFinite(wanted) ? wanted : limits.busy_retry_after_s
  return Math.min(Math.max(Math.ceil(seconds), 1), limits.upstream_retry_after_s_max)
}

function secondsOf(text: string): number {
  return /^\d+(\.\d+)?$/.test(text) ? Number(text) : (Date.parse(text) - Date.now()) / 1_000
}

/** Codes of Node and its `fetch` for a connection that failed to open. */
const unconnected: ReadonlySet<string> = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'UND_ERR_CONNECT_TIMEOUT',
])

/** Returns what failed between the two machines, in a few words. The reason of an abort or a timeout comes first. */
function failure(thrown: unknown, { config, key, watch }: Asked): unknown {
  if (watch.signal.aborted) return watch.signal.reason
  if (thrown instanceof RippleError) {
    if (thrown.code !== 'RIPPLE_UPSTREAM_FAILED') return thrown
    const detail = providerErrorText(String(thrown.facts.detail), key)
    return new RippleError(thrown.code, { ...thrown.facts, detail })
  }
  const error = thrown as Error & { cause?: Error & { code?: string } }
  const { message, code = '' } = error.cause ?? {}
  const detail = providerErrorText(message || code || error.message, key)
  if (!unconnected.has(code)) return failed(config.name, detail, thrown)
  const facts = { provider: config.name, detail, ran: false }
  return new RippleError('RIPPLE_UPSTREAM_FAILED', facts, { cause: thrown })
}

function failed(provider: string, detail: string, cause?: unknown): RippleError {
  return new RippleError('RIPPLE_UPSTREAM_FAILED', { provider, detail }, { cause })
}
