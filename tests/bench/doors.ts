import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { DEFAULT_MODEL } from '../../host/models/catalogue.ts'
import { testModel } from '../harness/model.ts'
import type { Say } from './bench.ts'
import { compare } from './compare.ts'
import { openMesh } from './mesh.ts'

const PROMPT = 'Once upon a time, a river and a mountain began to talk about the sea. It was day'

/** The pause after an answer, in milliseconds, in which its receipt and publishing end before the next request. */
const SETTLE_MS = 1_500

/** One way to ask. */
interface Door {
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: object
  /** What the first piece of the answer's text has; null for an answer that comes whole. */
  readonly first: RegExp | null
}

/**
 * One prompt, asked through each door of one daemon with its own model. The first text of a stream is compared with that of a
 * chat, and an answer that comes whole with a whole chat. Doors take turns, each round in another order.
 */
export async function measure({ n, tokens }: { n: number; tokens: number }, say: Say): Promise<object> {
  await testModel()
  const env = { RIPPLE_API_OLLAMA: 'open', RIPPLE_API_OLLAMA_PORT: '0' }
  await using mesh = await openMesh(0, { poster_has_models: true, env })
  const { url, token, ollama } = await mesh.poster.api()
  const doors = Object.entries(doorsAt(url, ollama, token, tokens))
  const seen = new Map(doors.map(([name]) => [name, [] as number[]]))
  // No question twice: the cache of answers would have it.
  let day = 0
  const next = ({ body, ...door }: Door): Promise<number> => {
    day += 1
    const json = JSON.stringify(body).replace(PROMPT, `${PROMPT} ${day}.`)
    // A message with the id of an earlier one would be the same task.
    return ask(door, json.replace('"messageId":""', `"messageId":"${randomUUID()}"`))
  }
  for (const [, door] of doors) await next(door)
  for (let round = 0; round < n; round += 1) {
    const turned = doors.map((_, at) => doors[(at + round) % doors.length] ?? doors[0])
    for (const one of round % 2 === 0 ? turned : turned.reverse()) {
      if (one === undefined) continue
      await sleep(SETTLE_MS)
      seen.get(one[0])?.push(await next(one[1]))
    }
    say(`${round + 1} of ${n} rounds`)
  }
  const beside = (kind: (door: Door) => boolean, raw: string) =>
    Object.fromEntries(
      doors
        .filter(([name, door]) => kind(door) && name !== raw)
        .map(([name]) => [name, compare(seen.get(name) ?? [], seen.get(raw) ?? [])]),
    )
  return {
    model: DEFAULT_MODEL,
    tokens,
    first_text_beside_chat_ms: beside(({ first }) => first !== null, 'chat'),
    whole_answer_beside_chat_ms: beside(({ first }) => first === null, 'whole chat'),
  }
}

/** Returns the doors; chat comes first, and the whole chat last. */
function doorsAt(url: string, ollama: string, token: string, tokens: number): Record<string, Door> {
  const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' }
  const [model, max_tokens] = [DEFAULT_MODEL, tokens]
  const asked = { model, max_tokens, temperature: 0, seed: 1 }
  const messages = [{ role: 'user', content: PROMPT }]
  const at = (path: string, body: object, first: RegExp | null): Door => ({
    ...{ url: `${url}${path}`, headers, body, first },
  })
  const options = { temperature: 0, seed: 1, num_predict: tokens }
  const call = { jsonrpc: '2.0', id: 1 }
  const tool = { name: 'inference.single_query', arguments: { ...asked, prompt: PROMPT } }
  const mcp = at('/mcp', { ...call, method: 'tools/call', params: tool }, null)
  const message = { messageId: '', role: 'ROLE_USER', parts: [{ text: PROMPT }] }
  const metadata = { ripple: asked }
  const sent = { ...call, method: 'SendStreamingMessage', params: { message, metadata } }
  const a2a = at('/a2a', sent, /"artifactUpdate"/)
  return {
    chat: at('/v1/chat/completions', { ...asked, messages, stream: true }, /"content":"[^"]/),
    completions: at('/v1/completions', { ...asked, prompt: PROMPT, stream: true }, /"text":"[^"]/),
    responses: at(
      '/v1/responses',
      { model, max_output_tokens: tokens, temperature: 0, input: PROMPT, stream: true },
      /"type":"response\.output_text\.delta"/,
    ),
    messages: at(
      '/v1/messages',
      { model, max_tokens, temperature: 0, messages, stream: true },
      /"text_delta"/,
    ),
    ollama: { ...at('', { model, messages, options }, /"content":"[^"]/), url: `${ollama}/api/chat` },
    a2a: { ...a2a, headers: { ...headers, 'a2a-version': '1.0' } },
    mcp: { ...mcp, headers: { ...headers, accept: 'application/json, text/event-stream' } },
    'whole chat': at('/v1/chat/completions', { ...asked, messages }, null),
  }
}

/** Asks through a door, reads the whole answer, and returns the milliseconds until its first text, or until its end. */
async function ask({ url, headers, first }: Omit<Door, 'body'>, json: string): Promise<number> {
  const asked = performance.now()
  const answer = await fetch(url, { method: 'POST', headers, body: json })
  let text = ''
  let at: number | null = null
  for await (const piece of answer.body?.pipeThrough(new TextDecoderStream()) ?? []) {
    text += piece
    if (first?.test(text)) at ??= performance.now()
  }
  const end = first === null ? performance.now() : at
  if (!answer.ok || end === null || /"isError":true/.test(text))
    throw new TypeError(`${url} gave ${answer.status}: ${text.slice(0, 500)}`)
  return end - asked
}
