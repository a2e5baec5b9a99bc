import { setTimeout as sleep } from 'node:timers/promises'
import { loadPolicies } from '../../../host/ensemble/members/load-policy.ts'
import type { InferencePolicy } from '../../../host/ensemble/members/policy.ts'
import type { CloudProvider } from '../../../host/ensemble/members/types.ts'
import type {
  Answer,
  AnswerEnd,
  Ask,
  Inference,
  MeshModel,
  SharedInference,
} from '../../../host/types/answer.ts'
import type { Decision, Gate } from '../../../host/types/decision.ts'
import type { Peer } from '../../../host/types/peer.ts'
import type { NodeCapability } from '../../../zomes-bindings/generated/agent-registry.ts'

/** The policy that ships, with some of it changed. */
export function policyWith(changes: (policy: InferencePolicy) => Partial<InferencePolicy> = () => ({})) {
  const { main } = loadPolicies()
  return { ...main, ...changes(main) }
}

/** A provider as the configuration has one that says no more of it. */
export function cloudProvider(name: string, changes: Partial<CloudProvider> = {}): CloudProvider {
  return { name, weight: 1, priority: 100, ...changes }
}

/** Agents by a letter. */
export const agent = (letter: string): string => `uhCAk${letter.repeat(48)}`
/** Digests by a letter or digit. */
export const digest = (letter: string): string => letter.repeat(64)

/** A machine that is online, or as busy and as available as it is said to be. */
export function peer(
  letter: string,
  presence: { availability?: 'online' | 'draining' | 'offline'; held_grants?: number } | null = {},
): Peer {
  const beat = {
    addresses: [],
    availability: 'online' as const,
    load: { cpu_percent: 0, gpu_percent: 0, memory_percent: 0 },
    held_grants: 0,
    reply: false,
  }
  return {
    agent: agent(letter),
    card: {} as NodeCapability,
    presence: presence === null ? null : { ...beat, ...presence },
    seenAt: 1,
  }
}

/** A model of the mesh on some machines; those in capitals have it loaded. */
export function model(name: string, hex: string | null, at: string): MeshModel {
  return {
    name,
    digest: hex === null ? null : digest(hex),
    context_tokens: 2_048,
    owned_by: 'mesh',
    at: [...at].map((letter) => ({
      agent: agent(letter.toLowerCase()),
      name: `machine ${letter}`,
      loaded: letter !== letter.toLowerCase(),
    })),
  }
}

/** An answer as a member gives it who is asked so: in the form, where its question tells one. */
export function saidTo({ input }: Pick<Ask, 'input'>, answer: string): string {
  const isTold = JSON.stringify(input).includes('JSON only: {\\"answer')
  return isTold ? JSON.stringify({ answer }) : answer
}

/** The answer and time of a stand-in for a model; a thrown error is its failure. */
export interface Said extends Partial<AnswerEnd> {
  readonly text: string
  readonly after_ms?: number
}

/** A stand-in for the inference plane, with places for all: answers by a function, and remembers what it was asked. */
export function standInInference(
  models: readonly MeshModel[],
  say: (ask: Ask, signal: AbortSignal) => Said | Promise<Said>,
): SharedInference & { readonly asked: Ask[] } {
  const asked: Ask[] = []
  const ask: Inference['ask'] = async (one, signal) => {
    asked.push(one)
    const said = Promise.resolve(say(one, signal))
    return answer(one, said, models)
  }
  const places = async () => ({ ask, [Symbol.dispose]: () => {} })
  return { asked, models: () => models, ask, places }
}

function answer(ask: Ask, said: Promise<Said>, models: readonly MeshModel[]): Answer {
  const end = said.then(async ({ after_ms = 0, text, ...rest }): Promise<AnswerEnd> => {
    if (after_ms > 0) await sleep(after_ms)
    const [, agentKey = null, asked = ask.model] = /^peer:([^/]+)\/(.*)$/.exec(ask.model) ?? []
    const model = models.find(({ name, digest }) => digest === asked || name === asked)
    return {
      text: saidTo(ask, text),
      finish: 'stop',
      usage: { tokens_in: 10, tokens_out: text.length },
      model: model?.name ?? asked,
      model_digest: model?.digest ?? null,
      route: 'mesh',
      peer: agentKey,
      task: `uhCkk${String(ask.seed)}`,
      receipt: `/receipts/${ask.seed}.receipt`,
      why: 'a stand-in',
      ...rest,
    }
  })
  return { id: 'id', trace_id: ask.trace_id ?? '', created_at: 0, pieces: none(), end }
}

async function* none(): AsyncGenerator<never> {}

/** A stand-in for the gate: says the same to everything, and remembers what it was asked. */
export function standInGate(allow = true): Gate & { readonly decided: Parameters<Gate['decide']>[] } {
  const decided: Parameters<Gate['decide']>[] = []
  return {
    decided,
    decide: async (...question): Promise<Decision> => {
      decided.push(question)
      const reasons = allow ? [] : ['members_short']
      const policy = { name: 'merge', digest: digest('f') }
      return {
        id: 'd1',
        point: 'merge',
        subject: question[1],
        allow,
        rule: 'merge.x',
        reasons,
        policy,
        at: 5,
      }
    },
  }
}
