/** Composes a daemon's parts into the context of its operations. */

import { policyStore } from '../../../zomes-bindings/policy-store.ts'
import { pageKeys } from '../../api/page-keys.ts'
import { openChats } from '../../chats/open-chats.ts'
import type { Chats } from '../../chats/port.ts'
import { type Config, resolveConfig } from '../../config/config.ts'
import type { Env } from '../../config/env.ts'
import type { DataPaths } from '../../config/paths.ts'
import type { Ensemble } from '../../ensemble/ensemble.ts'
import type { OpenInference } from '../../inference/open-inference.ts'
import { type AskedModels, countAsks } from '../../keys/count-asks.ts'
import { KeyStore } from '../../keys/key-store.ts'
import type { Keys } from '../../keys/port.ts'
import { pathTo } from '../../net/path-to.ts'
import type { Context, Members, Models } from '../../operations/context.ts'
import type { Resources } from '../../resources/port.ts'
import type { Emit } from '../../telemetry/events.ts'
import type { Traces } from '../../telemetry/traces/port.ts'
import { systemClock, systemRandom } from '../../work/context/clock.ts'
import { readUsage } from '../../work/records/usage.ts'
import { artifactNames } from '../artifacts/names.ts'
import { epochService } from '../chain/epoch-service.ts'
import { rollEpochs } from '../chain/roll-epochs.ts'
import { watchChainCapacity } from '../chain/watch-chain-capacity.ts'
import { type DoctorService, openDoctorService } from '../facts/doctor-service.ts'
import { openExaminer } from '../facts/examine.ts'
import { metricsText } from '../facts/metrics.ts'
import { cloudMembers } from '../models/cloud-members.ts'
import { policiesOf } from '../models/policies.ts'
import { findOwnState } from '../peers/find-own-state.ts'
import type { Joined } from '../peers/join-network.ts'
import { openMembers } from '../peers/members.ts'
import { openNetworks } from '../peers/networks.ts'
import { openStrangers } from '../peers/strangers.ts'
import type { ArchivePlace } from '../receipts/archive-epoch.ts'
import { type AnswerNeeds, readAnswer } from '../receipts/past-answer.ts'
import { receiptMaker, siblingsOf } from '../receipts/receipt-file.ts'
import { openReceipts, type Receipts } from '../receipts/receipts.ts'
import { remakeReceipt } from '../receipts/remake-receipt.ts'
import { publishTasks } from '../tasks/publish-tasks.ts'
import { type TaskServiceNeeds, taskService } from '../tasks/task-service.ts'
import { composeInference } from './compose-inference.ts'
import { composeResources } from './compose-resources.ts'
import { notifyWebhooks } from './notify-webhooks.ts'
import { openDaemonEnsemble } from './open-ensemble.ts'
import { openModels } from './open-models.ts'
import { openDaemonTools } from './open-tools.ts'
import { ownersTools } from './owners-tools.ts'
import { type OpenNeeds, openParts, type Parts } from './parts.ts'
import { type ApiUrls, epochOf, statusOf } from './status.ts'

/** A daemon with all its parts running. */
export interface OpenContext {
  readonly context: Context
  readonly config: Config
  readonly paths: DataPaths
  readonly emit: Emit
  readonly traces: Traces | null
  readonly joined: Joined
  /** Stops everything in reverse order. */
  readonly stack: AsyncDisposableStack
  /** Sets the URLs at which the API and Ollama's API listen. */
  published(urls: ApiUrls): void
}

/**
 * Opens every part of a daemon and builds the operations' context from them: the composition root. Rejects with the
 * error of the part that did not open, after stopping those before it.
 */
export async function openContext(needs: OpenNeeds): Promise<OpenContext> {
  await using stack = new AsyncDisposableStack()
  const parts = await openParts(needs, stack)
  const { config, paths, work, joined, emit } = parts
  const receipts = openReceipts({ folder: paths.receipts, emit, make: receiptMaker(parts) })
  stack.use(publishTasks({ work, emit, receipts, signal: needs.signal }))
  const { epochs } = parts.conductor
  const { seed, epoch: rules } = joined.network
  const place = { folder: paths.archive, seed, rules }
  stack.use(rollEpochs({ epochs, place, work, receipts, clock: systemClock, emit }))
  stack.use(watchChainCapacity({ epoch: () => epochOf(parts), clock: systemClock, emit, say: needs.say }))
  let urls: ApiUrls = { url: '', ollama: null }
  const { agent } = parts.conductor
  const remake: AnswerNeeds['remake'] = (view, signal) =>
    remakeReceipt({ view, agent, file: receipts.fileOf(view.task) }, place, signal)
  const answerOf: Opened['answerOf'] = (view, signal) => readAnswer(view, { work, receipts, remake }, signal)
  const inference: OpenInference = composeInference(parts, answerOf, () => ensemble)
  const ensemble: Ensemble = await openDaemonEnsemble({
    agent,
    paths,
    inference,
    gate: parts.gate,
    models: parts.models,
    cloud: cloudMembers(parts.upstreams, config.upstream.providers),
    network: joined.network.name,
    peers: () => parts.registry.presence.peers(),
    clock: systemClock,
    random: systemRandom,
    emit,
  })
  const store = policyStore(parts.conductor.call).revocations
  const members = openMembers({ ...parts, store, peers: () => parts.registry.presence.peers() }, stack)
  const keys = await KeyStore.open({ file: paths.keys, journal: parts.journal, clock: systemClock, emit })
  const doctor = stack.use(
    await openDoctorService({
      ...parts,
      env: needs.env,
      peers: () => parts.registry.presence.peers(),
      clock: systemClock,
    }),
  )
  const asked = countAsks({ inference, ensemble }, keys)
  const chats = stack.use(
    openChats({ inference: asked.inference, clock: systemClock, emit, file: paths.chats }),
  )
  const resources = stack.use(await composeResources(parts))
  const context = contextOf(parts, {
    ...{
      asked,
      chats,
      inference,
      keys,
      members,
      models: openModels(parts, stack),
      receipts,
      resources,
      answerOf,
      place,
    },
    stop: needs.stop,
    env: needs.env,
    doctor,
    urls: () => urls,
  })
  stack.use(notifyWebhooks(parts, needs.env, context))
  const open = stack.move()
  const published = (now: ApiUrls): void => {
    urls = now
  }
  return { context, config, paths, emit, traces: parts.traces, joined, stack: open, published }
}

interface Opened {
  readonly inference: OpenInference
  /** The ways by which the doors ask models. */
  readonly asked: AskedModels
  readonly chats: Chats
  readonly keys: Keys
  readonly members: Members
  readonly models: Models
  readonly receipts: Receipts
  readonly resources: Resources
  readonly answerOf: TaskServiceNeeds['answerOf']
  readonly place: ArchivePlace
  readonly stop: () => void
  readonly env: Env
  readonly doctor: DoctorService
  readonly urls: () => ApiUrls
}

function contextOf(parts: Parts, opened: Opened): Context {
  const { inference, asked, chats, keys, members, models, receipts, answerOf, place, stop, urls } = opened
  const { env, doctor, resources } = opened
  const { conductor, registry, artifacts, config, work, book, upstreams } = parts
  const { agent, dht } = conductor
  const peers = () => registry.presence.peers()
  const figures = figuresOf(parts, { inference, urls })
  return {
    agent,
    machineKey: parts.node.key,
    tasks: taskService({
      work,
      dht,
      models: parts.models,
      receipts,
      model: config.model,
      self: agent,
      peers,
      publicKeyOf: (other) => book.publicKeyOf(other),
      guard: conductor.guard,
      answerOf,
    }),
    ...asked,
    countTokens: (ask, signal) => inference.countTokens(ask, signal),
    ...{ chats, models, resources },
    artifacts,
    artifactNames: artifactNames(parts.journal),
    upstreams,
    tools: openDaemonTools({ config, env, paths: parts.paths, gate: parts.gate }),
    events: parts.events,
    policies: policiesOf(parts.gate),
    gate: parts.gate,
    epochs: epochService({ place, work, clock: systemClock, open: () => conductor.epochs.list }),
    pageKeys: pageKeys(),
    keys,
    members,
    networks: openNetworks({
      data: config.data,
      configure: (flags) => resolveConfig(env, { ...flags, data: config.data }),
      pid: async () => process.pid,
    }),
    strangers: openStrangers({
      ...{ self: agent, name: config.name, seed: parts.joined.network.seed },
      ...{ node: parts.node, acceptance: parts.acceptance, invites: parts.inviter.invites },
      clock: systemClock,
      peers,
      publicKeyOf: (other) => book.publicKeyOf(other),
      changed: () => registry.presence.beatNow(),
    }),
    peers: async () => peers(),
    pathTo: (other) => pathTo(other, parts.node, book),
    ...figures,
    doctor: { ...doctor, ...openExaminer({ config, env, ...figures }, doctor) },
    usage: (days, now) => readUsage(days, now, parts.journal),
    sharing: { ...parts.sharing, rules: config.share },
    ...ownersTools(parts, env),
    tell: (task_key, text) => parts.emit({ type: 'task_note', task_key, text }),
    holders: async () =>
      peers()
        .filter((peer) => peer.agent !== agent && !peer.waiting)
        .map((peer) => peer.agent),
    siblings: (receipt, signal) => siblingsOf(receipt, dht, signal),
    ...presenceOf(parts),
    stop,
  }
}

/** Returns the ways by which this machine is there for others, or takes no new work. */
function presenceOf({
  work,
  registry,
  conductor,
}: Parts): Pick<Context, 'cells' | 'advertise' | 'drain' | 'undrainedCount' | 'waitDrained'> {
  return {
    cells: () => conductor.cells(),
    advertise: async (signal) => {
      const written = await registry.publish(signal)
      registry.presence.beatNow()
      return written
    },
    drain: (on) => {
      work.drain(on)
      registry.presence.beatNow()
    },
    undrainedCount: () => work.undrainedCount(),
    waitDrained: (signal) => work.waitDrained(signal),
  }
}

/** Returns what people and Prometheus see of the daemon's state. */
function figuresOf(
  parts: Parts,
  { inference, urls }: Pick<Opened, 'inference' | 'urls'>,
): Pick<Context, 'status' | 'metrics'> {
  const { conductor, registry } = parts
  const same = { ...parts, clock: systemClock, peers: () => registry.presence.peers() }
  const ownState = () => findOwnState({ conductor, presence: registry.presence, clock: systemClock })
  return {
    status: (signal) => statusOf({ ...same, inference, urls }, signal),
    metrics: (signal) => metricsText({ ...same, ownState, epoch: () => epochOf(parts) }, signal),
  }
}
