// A stand-in for llama.cpp's engine that calls the tools which the prompt names.

import type { LlamaOptions } from '../../host/engine/llama.ts'
import type { Engine } from '../../host/engine/port.ts'
import type { InferenceInput } from '../../host/types/inference.ts'
import { callableTools } from '../../host/types/tool-answer.ts'
import { collectGarbageAtSignal } from './collect-garbage.ts'
import { standInEngine } from './stand-in-engine.ts'

export * from '../../host/engine/llama.ts'

/** A line of a prompt that names a call: `call <tool> <arguments as JSON>`. */
const callLine = /^\W*call ([\w-]+) (\{.*\})/gm

/** Opens the stand-in: the lines of the user's last turn name the tools that it calls. Its daemon collects garbage at SIGUSR2. */
export async function openLlamaEngine(options: Pick<LlamaOptions, 'models'>): Promise<Engine> {
  collectGarbageAtSignal()
  return standInEngine('a stand-in that calls tools as it is told', options, ({ input, onText }) => {
    const text = callableTools(input).length > 0 ? JSON.stringify(nextStep(input)) : 'No tools, no calls.'
    onText(text, 1)
    return { text, tokens: 1 }
  })
}

/** Makes the next call once the one before it has its answer; after the last call, repeats its answer. */
function nextStep(input: InferenceInput): object {
  const messages = input.type === 'chat' ? input.messages : []
  const asked = messages.findLastIndex(({ role }) => role === 'user')
  const calls = [...(messages[asked]?.content ?? '').matchAll(callLine)]
  const answers = messages.slice(asked).filter(({ role }) => role === 'tool')
  const [, name, json = ''] = calls[answers.length] ?? []
  return name === undefined
    ? { content: `The last of ${answers.length} calls gave: ${answers.at(-1)?.content}` }
    : { tool_calls: [{ name, arguments: JSON.parse(json) }] }
}
