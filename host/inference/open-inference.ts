import { createHash, randomInt, randomUUID } from 'node:crypto'
import { answerGrammar } from '../engine/grammar/answer.ts'
import type { Engine } from '../engine/port.ts'
import type { RippleError } from '../errors/ripple-error.ts'
import { limits } from '../limits.ts'
import type { Answer, AnswerEnd, Ask, Chosen, SharedInference } from '../types/answer.ts'
import { defaultDataClass } from '../types/data-class.ts'
import type { Gate } from '../types/decision.ts'
import type { AgentKey } from '../types/events.ts'
import { withDeadline } from '../work/deadline.ts'
import type { Work } from '../work/work.ts'
import { askChecked } from './ask-checked.ts'
import { askHere } from './ask-here.ts'
import { answerOf, askTimes, type FollowNeeds, type MeshAsk, Story, withdraw } from './ask-mesh.ts'
import { meshModels } from './known-models.ts'
import { mayAnswer, type NamedRequest } from './may-answer.ts'
import { type KnownModel, resolveName, type Target } from './names.ts'
import { type AnswerBounds, payloadOf, providerAskOf } from './payload-of.ts'
import { PieceQueue } from './piece-queue.ts'
import { AskPlaces, type TakenPlaces } from './places.ts'
import { type CacheFigures, PromptCache } from './prompt-cache.ts'
import { TaskReaders } from './task-readers.ts'
import { isUsable } from './usable-answer.ts'

/** A provider's way of answering. */
export type UpstreamWay = (ask: Ask, pieces: PieceQueue, signal: AbortSignal) => Promise<AnswerEnd>

/**
 * The way of several members. It resolves once they have places for their answers, and rejects with `RIPPLE_BUSY` where too many
 * asks wait for one.
 */
export type EnsembleWay = (
  ask: Ask,
  chosen: Chosen,
  pieces: PieceQueue,
  signal: AbortSignal,
) => Promise<{ readonly end: Promise<AnswerEnd> }>

/** What inference needs of the daemon. */
export interface InferenceNeeds extends FollowNeeds {
  readonly work: Work
  readonly engine: Engine
  readonly self: AgentKey
  readonly gate: Gate
  /** Whether asks are posted as tasks; else they run here alone, and leave no receipt. */
  readonly post: boolean
  /** Bounds of the answers of a model that is here, by its sha256; the usual bounds where it is left out. */
  readonly ownBounds?: (digest: string) => AnswerBounds
  /** Whether answers that would be the same again are kept. */
  readonly cache: boolean
  known(): readonly KnownModel[]
  /** The reason why the file here that a name means is not offered; null where none is known. */
  problemOf(name: string): RippleError | null
  /** Names of the providers' models, as they are asked. */
  upstreamNames(): readonly string[]
  /** The way of `ripple/auto`: one model, or the ensemble, and why. */
  auto(ask: Ask, known: readonly KnownModel[]): Promise<Way>
  readonly ensemble: EnsembleWay
  upstream(name: string): UpstreamWay
  /** Asks the policies about a provider's answer that is kept here. Rejects as `Upstreams.repeat` does. */
  repeatUpstream(name: string, ask: Ask): Promise<void>
}

/** The plane, and how its cache does. */
export interface OpenInference extends SharedInference {
  cacheFigures(): CacheFigures
}

/** What the asks of one plane share. */
interface Plane extends InferenceNeeds {
  readonly readers: TaskReaders
}

/** Opens the one plane through which models are asked. */
export function openInference(given: InferenceNeeds): OpenInference {
  const needs: Plane = { ...given, readers: new TaskReaders((task) => withdraw(given.work, task)) }
  const cache = new PromptCache(() => performance.now())
  const places = new AskPlaces()
  const known = () => needs.known()
  const askIn = (taken: TakenPlaces, ask: Ask, way: Way, signal: AbortSignal): Promise<Answer> =>
    taken.begin(() => askChecked(ask, (asked) => begin(needs, cache, asked, way, signal)))
  return {
    models: () => meshModels(known(), needs.upstreamNames()),
    cacheFigures: () => cache.figures(),
    ask: async (ask, signal) => {
      signal.throwIfAborted()
      const way = await wayOf(needs, ask, known())
      // The members of an ensemble have places; who asks them needs none beside.
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

/** Who answers, and why. */
export interface Way {
  readonly target: Exclude<Target, { type: 'auto' }>
  readonly why: string
}

async function wayOf(needs: InferenceNeeds, ask: Ask, known: readonly KnownModel[]): Promise<Way> {
  const target = targetOf(needs, ask.model, known)
  if (target.type !== 'auto') return { target, why: 'asked by name' }
  const isSecret = ask.data_class === 'secret'
  return needs.auto(ask, isSecret ? known.filter((model) => isAt(model, needs.self)) : known)
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
  // Told here with its reason: of a worker comes a code alone, after a task that is good for nothing. Providers have rules of their own.
  if (target.type !== 'upstream') answerGrammar(ask)
  const pieces = new PieceQueue()
  const about = { trace_id: ask.trace_id ?? randomUUID(), created_at: needs.clock.now(), pieces }
  const named = ask.key ?? randomUUID()
  if (target.type !== 'model') {
    const asked = { ...ask, trace_id: about.trace_id }
    const end =
      target.type === 'upstream'
        ? askProvider(needs, cache, target.name, asked, pieces, signal)
        : (await needs.ensemble(asked, { by: target.by, why }, pieces, signal)).end
    return { ...about, id: named, end: orFail(end, pieces) }
  }
  const { model } = target
  const { data_class = defaultDataClass } = ask
  const only = target.only ?? (data_class === 'secret' && isAt(model, needs.self) ? needs.self : null)
  const bounds = isAt(model, needs.self) ? needs.ownBounds?.(model.digest) : undefined
  const payload = payloadOf(ask, model, () => seedOf(ask.key), bounds)
  const mesh: MeshAsk = { model, payload, keyed: ask.key !== null, why }
  const request = requestOf(ask, { key: named, only, data_class, trace_id: about.trace_id }, mesh)
  const keeps = needs.cache && ask.seed !== null && ask.key === null && only === null
  const before = keeps ? cache.find(model.digest, payload) : null
  // A post asks the policy itself; whatever is answered without one asks here.
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

/** Asks a provider, but for what it has answered before, if that was of use: nothing leaves for that, and nothing is paid. */
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

/** Any seed; the same key asks for the same, so it has one of its own. */
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
  const story = new Story(mesh, pieces, needs.self)
  const { promise: shown, resolve } = Promise.withResolvers<void>()
  // It is posted even where its client goes away meanwhile, and withdrawn then unless another reads it: it may stand by that time.
  const whoever = new AbortController().signal
  const shows = (text: string) => {
    story.show(text)
    resolve()
  }
  const posting = withDeadline(needs.clock, limits.task_close_ms, 'the post', whoever, (late) =>
    needs.work.post(request, late, shows),
  )
  const following = needs.readers.follow(request.key, posting, (view) => answerOf(needs, view, story, signal))
  const end = orFail(following, pieces)
  await Promise.race([posting, shown])
  return { id: request.key, end }
}

/** An ask as a task: somebody waits for it, so the nearest machine that can runs it, first of all this one. */
function requestOf(
  ask: Ask,
  named: Pick<NamedRequest, 'key' | 'only' | 'data_class' | 'trace_id'>,
  { model, payload }: MeshAsk,
): NamedRequest {
  return {
    ...named,
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
