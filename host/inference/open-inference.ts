/** Opens the port by which models are asked. */
import { createHash, randomInt, randomUUID } from 'node:crypto'
import { answerGrammar } from '../engine/grammar/answer.ts'
import type { Engine } from '../engine/port.ts'
import { RippleError } from '../errors/ripple-error.ts'
import { limits } from '../limits.ts'
import type { Answer, AnswerEnd, Ask, Chosen, SharedInference, TokenCount } from '../types/answer.ts'
import { defaultDataClass } from '../types/data-class.ts'
import type { Gate } from '../types/decision.ts'
import type { AgentKey } from '../types/events.ts'
import { withDeadline } from '../work/context/deadline.ts'
import type { Work } from '../work/work.ts'
import { AnswerSubscribers } from './answer-subscribers.ts'
import { askChecked } from './ask-checked.ts'
import { askHere } from './ask-here.ts'
import {
  AnswerAssembler,
  askTimes,
  type FollowNeeds,
  followTask,
  type MeshAsk,
  withdraw,
} from './ask-mesh.ts'
import { countTokens } from './count-tokens.ts'
import { meshModels } from './known-models.ts'
import { type ChosenTarget, machinesOf, on } from './machines.ts'
import { mayAnswer, type NamedRequest } from './may-answer.ts'
import { type KnownModel, resolveName, type Target } from './names.ts'
import { type AnswerBounds, payloadOf, providerAskOf } from './payload-of.ts'
import { PieceQueue } from './piece-queue.ts'
import { AskPlaces, type TakenPlaces } from './places.ts'
import { type CacheFigures, PromptCache } from './prompt-cache.ts'
import { isUsable } from './usable-answer.ts'

/** Asks a provider. */
export type ProviderRoute = (ask: Ask, pieces: PieceQueue, signal: AbortSignal) => Promise<AnswerEnd>

/**
 * Asks several members. Resolves once they have places for their answers. Rejects with `RIPPLE_BUSY` if too many asks wait for
 * a place.
 */
export type EnsembleWay = (
  ask: Ask,
  chosen: Chosen,
  pieces: PieceQueue,
  signal: AbortSignal,
) => Promise<{ readonly end: Promise<AnswerEnd> }>

/** The parts of the daemon that inference uses. */
export interface InferenceNeeds extends FollowNeeds {
  readonly work: Work
  readonly engine: Engine
  readonly self: AgentKey
  readonly gate: Gate
  /** Whether asks are posted as tasks; else they run here and leave no receipt. */
  readonly post: boolean
  /** Returns the bounds of the answers of a model here, by its sha256; the usual bounds if it is left out. */
  readonly ownBounds?: (digest: string) => AnswerBounds
  /** Whether repeatable answers are cached. */
  readonly cache: boolean
  known(): readonly KnownModel[]
  /** Returns why the named file here is not offered; null if no reason is known. */
  problemOf(name: string): RippleError | null
  /** Returns the names of the providers' models, as clients write them. */
  upstreamNames(): readonly string[]
  /** Chooses for `ripple/auto`: one model or the ensemble, with the reason. */
  auto(ask: Ask, known: readonly KnownModel[]): Promise<Way>
  readonly ensemble: EnsembleWay
  upstream(name: string): ProviderRoute
  /** Asks the policies about a cached answer of a provider. Rejects as `Providers.repeat` does. */
  repeatUpstream(name: string, ask: Ask): Promise<void>
}

/** The port, with the figures of its cache. */
export interface OpenInference extends SharedInference {
  /** Counts the tokens of a prompt. Rejects with `RIPPLE_MODEL_NOT_FOUND`, and as `countTokens` does. */
  countTokens(ask: Ask, signal: AbortSignal): Promise<TokenCount>
  cacheFigures(): CacheFigures
}

/** The state that all asks share. */
interface Plane extends InferenceNeeds {
  readonly readers: AnswerSubscribers
}

/** Opens the port through which every question reaches a model. */
export function openInference(given: InferenceNeeds): OpenInference {
  const needs: Plane = { ...given, readers: new AnswerSubscribers((task) => withdraw(given.work, task)) }
  const cache = new PromptCache(() => performance.now())
  const places = new AskPlaces()
  const known = () => needs.known()
  const askIn = (taken: TakenPlaces, ask: Ask, way: Way, signal: AbortSignal): Promise<Answer> =>
    taken.begin(() => askChecked(ask, (asked) => begin(needs, cache, asked, way, signal)))
  return {
    models: () => meshModels(known(), needs.upstreamNames()),
    cacheFigures: () => cache.figures(),
    countTokens: async (ask, signal) => countTokens(needs, ask, targetOf(needs, ask.model, known()), signal),
    ask: async (ask, signal) => {
      signal.throwIfAborted()
      const way = await wayOf(needs, ask, known())
      // The members of an ensemble have places. The ask for the ensemble needs no place itself.
      if (way.target.type === 'moe')
        return askChecked(ask, (asked) => begin(needs, cache, asked, way, signal))
      using taken = await places.take(1, signal)
      return await askIn(taken, ask, way, signal)
    },
    places: async (count, signal) => {
      const taken = await places.take(count, signal)
      return {
        ask: async (ask, signal) => {
          signal.throwIfAborted()
          return askIn(taken, ask, await wayOf(needs, ask, known()), signal)
        },
        [Symbol.dispose]: () => taken[Symbol.dispose](),
      }
    },
  }
}

/** The target of an ask, and the reason for it. */
export interface Way {
  readonly target: ChosenTarget
  readonly why: string
}

async function wayOf(needs: InferenceNeeds, ask: Ask, known: readonly KnownModel[]): Promise<Way> {
  const machines = machinesOf(ask, known)
  const target = targetOf(needs, ask.model, known)
  if (target.type !== 'auto') return { target: on(machines, target, ask), why: 'asked by name' }
  const isSecret = ask.data_class === 'secret'
  const able = known.filter((model) => machines.mayRun(model) && (!isSecret || isAt(model, needs.self)))
  const way = await needs.auto(ask, able)
  return { ...way, target: on(machines, way.target, ask) }
}

/** Resolves a name. If no machine offers it, throws the problem of the file here that the name means, if there is one. */
function targetOf(needs: InferenceNeeds, name: string, known: readonly KnownModel[]): Target {
  try {
    return resolveName(name, known, needs.upstreamNames())
  } catch (thrown) {
    throw needs.problemOf(name) ?? thrown
  }
}

function isAt({ at }: KnownModel, agent: AgentKey): boolean {
  return at.some((one) => one.agent === agent)
}

async function begin(
  needs: Plane,
  cache: PromptCache,
  ask: Ask,
  { target, why }: Way,
  signal: AbortSignal,
): Promise<Answer> {
  // Checked here, with a reason. A worker would answer with a code alone, after a useless task. Providers have their own rules.
  if (target.type !== 'upstream') answerGrammar(ask)
  const pieces = new PieceQueue()
  const about = { trace_id: ask.trace_id ?? randomUUID(), created_at: needs.clock.now(), pieces }
  const named = ask.key ?? randomUUID()
  if (target.type !== 'model') {
    refuseTokens(ask)
    const asked = { ...ask, trace_id: about.trace_id }
    const end =
      target.type === 'upstream'
        ? askProvider(needs, cache, target.name, asked, pieces, signal)
        : (await needs.ensemble(asked, { by: target.by, why }, pieces, signal)).end
    return { ...about, id: named, end: orFail(end, pieces) }
  }
  const { model } = target
  const { data_class = defaultDataClass } = ask
  const { except = [] } = target
  const only = target.only ?? (isForHere(needs, ask, target) ? needs.self : null)
  const bounds = isAt(model, needs.self) ? needs.ownBounds?.(model.digest) : undefined
  const payload = payloadOf(ask, model, () => seedOf(ask.key), bounds)
  const mesh: MeshAsk = { model, payload, keyed: ask.key !== null, why }
  const request = requestOf(ask, { key: named, only, except, data_class, trace_id: about.trace_id }, mesh)
  const keeps = needs.cache && ask.seed !== null && ask.key === null && only === null && except.length === 0
  const before = keeps ? cache.find(model.digest, payload) : null
  // A post asks the policy itself. Answers without a post ask it here.
  if (before || !needs.post) await mayAnswer(needs, request)
  if (before) return { ...about, id: before.task ?? named, end: Promise.resolve(fromCache(before, pieces)) }
  const answer = needs.post
    ? await postAsk(needs, request, mesh, pieces, signal)
    : { id: named, end: askHere(needs, mesh, ask.seed !== null, pieces, signal) }
  if (keeps)
    answer.end.then(
      (end) => cache.keep(model.digest, payload, end),
      () => undefined,
    )
  return { ...about, ...answer }
}

/** Whether a `secret` ask stays on this machine. If the client excludes this machine, the policy refuses the ask. */
function isForHere(
  { self }: InferenceNeeds,
  { data_class }: Ask,
  { model, except = [] }: Extract<ChosenTarget, { type: 'model' }>,
): boolean {
  return data_class === 'secret' && isAt(model, self) && !except.includes(self)
}

/** Throws `RIPPLE_BODY_INVALID` for fields that name tokens of one model, and for scores of tokens. */
function refuseTokens({ input, logprobs, logit_bias, model }: Ask): void {
  const hasTokens = input.type === 'text' && input.tokens !== undefined
  const param = hasTokens ? 'prompt' : logit_bias ? 'logit_bias' : logprobs ? 'logprobs' : null
  if (param === null) return
  const detail = `'${param}': '${model}' is not one model of the mesh, whose tokens are known`
  throw new RippleError('RIPPLE_BODY_INVALID', { detail, param, reason: 'unsupported_value' })
}

/** Asks a provider, or repeats its usable answer to the same ask from the cache: then no data leaves and no cost arises. */
async function askProvider(
  needs: InferenceNeeds,
  cache: PromptCache,
  name: string,
  ask: Ask,
  pieces: PieceQueue,
  signal: AbortSignal,
): Promise<AnswerEnd> {
  const way = needs.upstream(name)
  if (!needs.cache || ask.seed === null || ask.key !== null) return way(ask, pieces, signal)
  const asked = providerAskOf(ask)
  const before = cache.find(ask.model, asked)
  if (before) {
    await needs.repeatUpstream(name, ask)
    return fromCache(before, pieces)
  }
  const end = await way(ask, pieces, signal)
  if (isUsable(ask, end)) cache.keep(ask.model, asked, end)
  return end
}

/** Returns a random seed, or the seed of a key: the same key asks for the same answer. */
function seedOf(key: string | null): number {
  if (key === null) return randomInt(limits.seed_max)
  return createHash('sha256').update(key).digest().readUInt32BE() % limits.seed_max
}

function fromCache(before: AnswerEnd, pieces: PieceQueue): AnswerEnd {
  pieces.push({ type: 'text', text: before.text })
  pieces.end()
  return { ...before, route: 'cache', why: 'the same was asked before, with the same seed' }
}

function orFail(end: Promise<AnswerEnd>, pieces: PieceQueue): Promise<AnswerEnd> {
  end.then(
    () => pieces.end(),
    (thrown) => pieces.fail(thrown),
  )
  return end
}

async function postAsk(
  needs: Plane,
  request: NamedRequest,
  mesh: MeshAsk,
  pieces: PieceQueue,
  signal: AbortSignal,
): Promise<Pick<Answer, 'id' | 'end'>> {
  const assembler = new AnswerAssembler(mesh, pieces, needs.self)
  const { promise: shown, resolve } = Promise.withResolvers<void>()
  // The post goes on if its client goes away, because the task may be committed by then. It is withdrawn without another reader.
  const whoever = new AbortController().signal
  const shows = (text: string) => {
    assembler.show(text)
    resolve()
  }
  const posting = withDeadline(needs.clock, limits.task_close_ms, 'the post', whoever, (late) =>
    needs.work.post(request, late, shows),
  )
  const following = needs.readers.follow(request.key, posting, (view) =>
    followTask(needs, view, assembler, signal),
  )
  const end = orFail(following, pieces)
  await Promise.race([posting, shown])
  return { id: request.key, end }
}

/** Returns an ask as a task. A client waits for it, so the nearest able machine runs it, this one first. */
function requestOf(
  ask: Ask,
  named: Pick<NamedRequest, 'key' | 'only' | 'except' | 'data_class' | 'trace_id'>,
  { model, payload }: MeshAsk,
): NamedRequest {
  return {
    ...named,
    principal: ask.principal,
    payload,
    deterministic: ask.seed !== null,
    model: { name: model.name, digest: model.digest },
    sensitivity: 'private',
    requirements: { cpu_cores: 0, memory_mib: 0, disk_mib: 0, gpu_count: 0, vram_mib: 0, tags: [] },
    priority: 'interactive',
    placement: { prefer: 'nearest', strategy: 'locality_aware_binpack' },
    deadlines_ms: { ...askTimes.deadlines_ms },
    lease_ms: askTimes.lease_ms,
    max_attempts: limits.attempts,
    depends_on: [],
    fallback: null,
    force: false,
  }
}
