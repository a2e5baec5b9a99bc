import { onTestFinished } from 'vitest'
import { type ListenerNeeds, listenOllama } from '../../../../host/api/ollama/listener.ts'
import type { Context } from '../../../../host/operations/context.ts'
import { forever } from '../../../harness/forever.ts'
import { StandInInference } from '../openai-stand-in.ts'
import { openaiKey, token } from '../stub-api.ts'
import { stubContext } from '../stub-context.ts'

/** The model file of this machine, as the daemon lists it. */
const here = {
  ...{ name: 'SmolLM2-135M-Instruct', sha256: 'ab'.repeat(32), bytes: 1_234, licence: 'Apache-2.0' },
  ...{ context_tokens: 8_192, present: true, path: '/m.gguf', loaded: true, memory_bytes: 1, running: 0 },
  ...{ pulling: null, pull_as: null, pull_problem: null, part_bytes: 0, indexing: false, problem: null },
}

/** Ollama's API over a stand-in, listening on a real port of loopback. */
export interface ServedOllama {
  readonly url: string
  readonly inference: StandInInference
  /** Posts a body, and returns the answer with its JSON; of a stream, all its lines. */
  post(path: string, body: object, headers?: Readonly<Record<string, string>>): Promise<Posted>
}

export interface Posted {
  readonly status: number
  readonly headers: Headers
  readonly lines: readonly Record<string, unknown>[]
}

/** Serves it; `given` changes the parts that a test is about. */
export async function serveOllama(
  inference = new StandInInference(),
  given: Partial<ListenerNeeds> & { readonly parts?: Partial<Context> } = {},
): Promise<ServedOllama> {
  const { parts = {}, ...needs } = given
  const stub = stubContext({ inference })
  const context = stubContext({ inference, models: { ...stub.models, list: async () => [here] }, ...parts })
  const all = { access: 'open', hosts: [], origins: [], token, openaiKey, emit: () => {} } as const
  const api = await listenOllama({ ...all, context, signal: forever, ...needs }, 0)
  onTestFinished(() => api[Symbol.asyncDispose]())
  return {
    url: api.url,
    inference,
    post: async (path, body, headers = {}) => {
      const answer = await fetch(`${api.url}${path}`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', ...headers },
        body: JSON.stringify(body),
      })
      const text = await answer.text()
      const lines = text.split('\n').filter((line) => line !== '')
      return { status: answer.status, headers: answer.headers, lines: lines.map((line) => JSON.parse(line)) }
    },
  }
}
