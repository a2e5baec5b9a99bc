/** Asks a provider in the place of the mesh. */
import type { PieceQueue } from '../inference/piece-queue.ts'
import type { AnswerEnd, Ask } from '../types/answer.ts'
import { defaultDataClass } from '../types/data-class.ts'
import type { ToolCall } from '../types/inference.ts'
import { jsonOrText } from '../types/json.ts'
import { callableTools } from '../types/tool-answer.ts'
import type { UpstreamAnswer, Upstreams } from '../upstream/port.ts'

/** How an answer in text begins where there are tools to call. */
const CONTENT_HEAD = '{"content":"'

/** Puts the answer of a provider into the form that a model of the mesh gives. */
interface Form {
  /** What a piece of the provider's text adds to the answer; may be empty. */
  piece(text: string): string
  /** The whole answer, which begins with all that the pieces added. */
  whole(answer: Pick<UpstreamAnswer, 'text' | 'tool_calls'>): string
}

const plainForm: Form = { piece: (text) => text, whole: ({ text }) => text }

/**
 * Asks a provider. Where there are tools to call the answer is one JSON document, as `readToolAnswer` reads it, so that text
 * which looks like such a document stays text. Rejects as `Upstreams.ask` does.
 */
export async function askUpstream(
  upstreams: Pick<Upstreams, 'ask'>,
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

/** `{"content", "tool_calls"}`, of which nothing is told before there is text: of calls alone it has no content. */
function toolForm(): Form {
  let begun = false
  // JSON writes half a character as an escape and a whole one as it is, so the first half waits for the second.
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

/** Text as it stands within a string of JSON. */
function escaped(text: string): string {
  return JSON.stringify(text).slice(1, -1)
}

/** The call as the model made it; whoever reads the answer judges its arguments. */
function callOf({ name, arguments: given }: ToolCall) {
  return { name, arguments: jsonOrText(given) }
}
