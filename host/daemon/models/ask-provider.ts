/** Asks a provider instead of the mesh. */
import type { PieceQueue } from '../../inference/piece-queue.ts'
import type { ProviderAnswer, Providers } from '../../providers/port.ts'
import type { AnswerEnd, Ask } from '../../types/answer.ts'
import { defaultDataClass } from '../../types/data-class.ts'
import type { ToolCall } from '../../types/inference.ts'
import { jsonOrText } from '../../types/json.ts'
import { callableTools } from '../../types/tool-answer.ts'

/** Beginning of a text answer when the ask has callable tools. */
const CONTENT_HEAD = '{"content":"'

/** Converts the answer of a provider into the form that a model of the mesh returns. */
interface Form {
  /** Returns the part that a piece of the provider's text adds to the answer; may be empty. */
  piece(text: string): string
  /** Returns the whole answer, which begins with everything that the pieces added. */
  whole(answer: Pick<ProviderAnswer, 'text' | 'tool_calls'>): string
}

const plainForm: Form = { piece: (text) => text, whole: ({ text }) => text }

/**
 * Asks a provider. If the ask has callable tools, the answer is one JSON document, as `readToolAnswer` reads it. Text
 * that looks like such a document therefore stays text. Rejects as `Providers.ask` does.
 */
export async function askProvider(
  upstreams: Pick<Providers, 'ask'>,
  name: string,
  ask: Ask,
  pieces: Pick<PieceQueue, 'push'>,
  signal: AbortSignal,
): Promise<AnswerEnd> {
  const form = callableTools(ask.input).length > 0 ? toolForm() : plainForm
  let told = 0
  const tell = (text: string): void => {
    if (text !== '') pieces.push({ type: 'text', text })
    told += text.length
  }
  const dataClass = ask.data_class ?? defaultDataClass
  const onText = (text: string): void => tell(form.piece(text))
  const answer = await upstreams.ask(name, ask, dataClass, onText, signal)
  const text = form.whole(answer)
  tell(text.slice(told))
  return {
    text,
    finish: answer.finish,
    usage: answer.usage,
    model: `upstream:${name}`,
    model_digest: null,
    route: 'upstream',
    peer: null,
    task: null,
    receipt: null,
    why: 'asked by name: a provider beyond the mesh answered, without a receipt',
  }
}

/**
 * Returns the form `{"content", "tool_calls"}`. Nothing is streamed before there is text, because an answer of calls
 * alone has no content.
 */
function toolForm(): Form {
  let begun = false
  // JSON escapes a lone surrogate but writes a whole pair as it is, so the first half waits for the second.
  let half = ''
  return {
    piece: (added) => {
      const text = half + added
      half = /[\ud800-\udbff]$/.exec(text)?.[0] ?? ''
      const ready = escaped(text.slice(0, text.length - half.length))
      if (ready === '') return ''
      const head = begun ? '' : CONTENT_HEAD
      begun = true
      return `${head}${ready}`
    },
    whole: ({ text, tool_calls }) => {
      const calls = tool_calls.length > 0 ? { tool_calls: tool_calls.map(callOf) } : {}
      const isSaid = text !== '' || tool_calls.length === 0
      return JSON.stringify({ ...(isSaid ? { content: text } : {}), ...calls })
    },
  }
}

/** Escapes text for the inside of a JSON string. */
function escaped(text: string): string {
  return JSON.stringify(text).slice(1, -1)
}

/** Returns the call as the model made it; the reader of the answer checks its arguments. */
function callOf({ name, arguments: given }: ToolCall) {
  return { name, arguments: jsonOrText(given) }
}
