import type { Engine, RunJob } from '../../host/engine/port.ts'
import { RippleError } from '../../host/errors/ripple-error.ts'
import type {
  Answer,
  AnswerEnd,
  Ask,
  Inference,
  MeshModel,
  SharedInference,
} from '../../host/types/answer.ts'
import type { Peer } from '../../host/types/peer.ts'
import type { NodeCapability } from '../../zomes-bindings/generated/agent-registry.ts'

/** Real engines that stand for as many peers, without a mesh between them: what a model says and costs, and nothing else. */
export interface EnginePeers {
  readonly inference: SharedInference
  readonly peers: readonly Peer[]
}

/** Room for one prompt and its answer, in tokens. */
const CONTEXT_TOKENS = 2_048

/** Makes peers of engines; each has all of its models loaded as far as anybody asks. */
export function enginePeers(engines: readonly Engine[]): EnginePeers {
  const agents = engines.map((engine, at) => ({ engine, agent: `uhCAk${String(at).repeat(48)}` }))
  const names = new Set(engines.flatMap((engine) => engine.models().map(({ name }) => name)))
  const models = [...names].map((name) => meshModel(name, agents))
  const ask: Inference['ask'] = async (one, signal) => {
    const [, agent, sha256] = /^peer:([^/]+)\/(.*)$/.exec(one.model) ?? []
    const engine = agents.find((each) => each.agent === agent)?.engine
    const file = engine?.models().find((each) => each.sha256 === sha256)
    if (engine === undefined || file === undefined || agent === undefined)
      throw new RippleError('RIPPLE_MODEL_NOT_FOUND', { model: one.model, nearest: '' })
    return answer(one, run(engine, one, file.sha256, signal), agent, file)
  }
  // One measurement at a time asks here, so there are places for all that it asks.
  const places = async () => ({ ask, [Symbol.dispose]: () => {} })
  const inference: SharedInference = { models: () => models, ask, places }
  return { inference, peers: agents.map(({ agent }) => online(agent)) }
}

function meshModel(
  name: string,
  agents: ReadonlyArray<{ readonly engine: Engine; readonly agent: string }>,
): MeshModel {
  const at = agents.filter(({ engine }) => engine.models().some((one) => one.name === name))
  const file = at[0]?.engine.models().find((one) => one.name === name)
  return {
    name,
    digest: file?.sha256 ?? null,
    context_tokens: file?.context_tokens ?? null,
    owned_by: 'mesh',
    at: at.map(({ agent }) => ({ agent, name, loaded: true })),
  }
}

/** One run. */
async function run(engine: Engine, ask: Ask, model: string, signal: AbortSignal) {
  const job: RunJob = {
    ...{ model, input: ask.input, format: ask.format, stop: ask.stop, penalties: ask.penalties },
    parameters: {
      max_tokens: ask.max_tokens ?? CONTEXT_TOKENS,
      temperature_milli: ask.temperature_milli,
      top_p_milli: ask.top_p_milli,
      top_k: ask.top_k,
      context_tokens: CONTEXT_TOKENS,
    },
    seed: ask.seed ?? 0,
    prefix: '',
    alone: ask.seed !== null,
    onText: () => undefined,
  }
  const { text, finish, usage } = await engine.run(job, signal)
  return { text, finish, usage: { tokens_in: usage.tokens_in, tokens_out: usage.tokens_out } }
}

function answer(
  ask: Ask,
  ran: ReturnType<typeof run>,
  peer: string,
  { name, sha256 }: { readonly name: string; readonly sha256: string },
): Answer {
  const end = ran.then(
    (outcome): AnswerEnd => ({
      ...outcome,
      model: name,
      model_digest: sha256,
      route: 'local',
      peer,
      task: null,
      receipt: null,
      why: 'an engine that stands for a peer',
    }),
  )
  return { id: ask.key ?? '', trace_id: ask.trace_id ?? '', created_at: 0, pieces: nothing(), end }
}

async function* nothing(): AsyncGenerator<never> {}

function online(agent: string): Peer {
  return {
    agent,
    // Nothing that asks members reads a card.
    card: {} as NodeCapability,
    presence: {
      addresses: [],
      availability: 'online',
      load: { cpu_percent: 0, gpu_percent: 0, memory_percent: 0 },
      held_grants: 0,
      reply: false,
    },
    seenAt: 0,
  }
}
