import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { isDeepStrictEqual } from 'node:util'
import { openapi } from '../../../host/api/openapi.ts'
import { readEnv } from '../../../host/config/env.ts'
import { userPaths } from '../../../host/config/paths.ts'
import { type LlamaEngine, openLlamaEngine } from '../../../host/engine/llama.ts'
import { ModelStore } from '../../../host/models/store.ts'
import { type ChatMessage, plainPrompt } from '../../../host/types/inference.ts'
import { findEntries } from '../../../host/ui/bar/match.ts'
import { type Verb, verbsOf } from '../../../host/ui/bar/verbs.ts'
import { bar } from '../../../host/ui/words/en/bar.ts'
import type { Say } from '../bench.ts'
import { round } from '../compare.ts'
import { type Proposal, proposalPrompt } from './prompt.ts'

/** The options of this bench. */
export interface VerbsValues {
  readonly n: number
  readonly skip: number
  readonly candidates: number
}

interface Request {
  readonly say: string
  readonly verb: string
  readonly fields: Readonly<Record<string, unknown>>
}

const never = new AbortController().signal
/** The most tokens of a proposal. */
const PROPOSAL_TOKENS_MAX = 160
/** The context of a run, in tokens. */
const CONTEXT_TOKENS = 4_096

/**
 * Measures how often the largest chat model of the user's models folder turns a request into the right verb with the right
 * fields, and how often the search of the command bar names the right verb. The model chooses among the first entries of that
 * search, and a grammar allows nothing but those verbs with their inputs.
 */
export async function measure({ n, skip, candidates }: VerbsValues, say: Say): Promise<object> {
  const file = new URL('requests.json', import.meta.url)
  const all: readonly Request[] = JSON.parse(await readFile(file, 'utf8'))
  const requests = all.slice(skip, skip + n)
  const verbs = verbsOf(openapi() as Parameters<typeof verbsOf>[0])
  using store = await ModelStore.open(join(userPaths(readEnv(), process.platform).cache, 'models'))
  await store.index.settled(never)
  const model = store
    .present()
    .filter(({ chat_template }) => chat_template === 'own')
    .sort((a, b) => b.bytes - a.bytes)[0]
  if (model === undefined) return { model: null }
  await using engine = await openLlamaEngine({ models: () => [model] }, never)
  const counts = { first: 0, among: 0, verb: 0, whole: 0 }
  const started = performance.now()
  for (const request of requests) {
    const found = findEntries(request.say, verbs, bar).slice(0, candidates)
    const proposal = await propose(engine, model.sha256, request.say, found)
    if (found[0]?.name === request.verb) counts.first += 1
    if (found.some(({ name }) => name === request.verb)) counts.among += 1
    if (proposal?.verb === request.verb) counts.verb += 1
    const isWhole = isRight(request, proposal, verbs)
    if (isWhole) counts.whole += 1
    else say(`${request.say} -> ${JSON.stringify(proposal)}`)
  }
  const seconds = (performance.now() - started) / 1_000 / requests.length
  return { model: model.name, requests: requests.length, candidates, ...counts, seconds_each: round(seconds) }
}

/** Whether the verb is the expected one, and all fields that are not as they usually are. */
function isRight(expected: Request, proposal: Proposal | null, verbs: readonly Verb[]): boolean {
  if (proposal?.verb !== expected.verb) return false
  const input = verbs.find(({ name }) => name === expected.verb)?.input ?? {}
  const usual = (name: string): unknown => input.properties?.[name]?.default
  const told = Object.entries(proposal.fields).filter(
    ([name, value]) => value !== null && value !== '' && !isDeepStrictEqual(value, usual(name)),
  )
  return isDeepStrictEqual(plain(Object.fromEntries(told)), plain(expected.fields))
}

/** Returns fields with their texts in small letters, without quotes and the last point. */
function plain(fields: Readonly<Record<string, unknown>>): unknown {
  return JSON.parse(
    JSON.stringify(fields, (_key, value) =>
      typeof value === 'string' ? value.toLowerCase().replace(/^['"]|[.?'"]+$/g, '') : value,
    ),
  )
}

/** Asks the model for one verb with its fields; null if the answer is cut off. */
async function propose(
  engine: LlamaEngine,
  model: string,
  request: string,
  verbs: readonly Verb[],
): Promise<Proposal | null> {
  const { system, user, schema } = proposalPrompt(request, verbs)
  const turn = (role: ChatMessage['role'], content: string): ChatMessage => ({
    role,
    content,
    tool_calls: [],
    tool_call_id: null,
  })
  const parameters = {
    max_tokens: PROPOSAL_TOKENS_MAX,
    temperature_milli: 0,
    top_p_milli: 1_000,
    top_k: 0,
    context_tokens: CONTEXT_TOKENS,
  }
  const { text } = await engine.run(
    {
      ...plainPrompt('', { parameters, seed: 0 }),
      input: {
        type: 'chat',
        messages: [turn('system', system), turn('user', user)],
        tools: [],
        tool_choice: 'none',
      },
      format: { type: 'schema', schema: JSON.parse(JSON.stringify(schema)) },
      model,
      prefix: '',
      alone: false,
      onText: () => {},
    },
    never,
  )
  try {
    return JSON.parse(text)
  } catch {
    return null
  }
}
