/** Names the parts of a running daemon that its operations use. */
import type { z } from 'zod'
import type { Placement, Requirements } from '../../zomes-bindings/generated/resource-mesh.ts'
import type { Artifacts } from '../artifacts/port.ts'
import type { Chats } from '../chats/port.ts'
import type { ShareConfig } from '../config/config.ts'
import type { SecretPlace } from '../config/secrets.ts'
import type { Ensemble } from '../ensemble/ensemble.ts'
import type { Keys } from '../keys/port.ts'
import type { Providers } from '../providers/port.ts'
import type { Resources } from '../resources/port.ts'
import type { ShareWatch } from '../share/watch.ts'
import type { EventStream } from '../telemetry/events.ts'
import type { Tools } from '../tools/port.ts'
import type { Ask, Inference, TokenCount } from '../types/answer.ts'
import type { Cell } from '../types/cell.ts'
import type { Gate } from '../types/decision.ts'
import type { DeepReadonly } from '../types/deep-readonly.ts'
import type { AgentKey, Cid } from '../types/events.ts'
import type { LogLevelSwitch, LogPage, LogQuery } from '../types/log-page.ts'
import type { MachineFacts, PairFacts } from '../types/machine-facts.ts'
import type { Peer } from '../types/peer.ts'
import type { PeerPath } from '../types/peer-path.ts'
import type { Principal } from '../types/principal.ts'
import type { UsageRow } from '../types/usage-row.ts'
import type { TaskSpec } from '../work/poster/task-spec.ts'
import type { SettingView } from './config/shape.ts'
import type { epochView } from './epoch/shape.ts'
import type { serviceView } from './install/view.ts'
import type { statusView } from './machine/view.ts'
import type { fitView, modelMemoryView, modelView } from './model/view.ts'
import type { invite, inviteRead, networkShow } from './network/shape.ts'
import type { peerAccept } from './peer/shape.ts'
import type { Policies } from './policy/view.ts'
import type { doctor } from './repair/shape.ts'
import type { taskRequest } from './task/shape.ts'
import type { planView, taskView, whyView } from './task/view.ts'

/** A task as people and programs see it. */
export type TaskView = DeepReadonly<z.output<typeof taskView>>
/** An attempt of a task. */
export type AttemptView = TaskView['attempts'][number]
/** The reason why a task ended without an accepted result. */
export type TaskEnd = NonNullable<TaskView['ended']>
/** The reason why a task is in its state. */
export type WhyView = DeepReadonly<z.output<typeof whyView>>
/** The fields with which a task was posted. */
export type RequestView = DeepReadonly<z.output<typeof taskRequest.output>>
/** A forecast of the peers for a task. */
export type PlanView = DeepReadonly<z.output<typeof planView>>
/** A model of the model list. */
export type ModelView = z.output<typeof modelView>
/** The memory and the disk that models have. */
export type ModelMemoryView = z.output<typeof modelMemoryView>
/** The judgement whether a model can run here. */
export type FitView = z.output<typeof fitView>
/** An epoch of the network. */
export type EpochView = z.output<typeof epochView>
/** The used and remaining space of an own chain. */
export type ChainCapacityView = NonNullable<EpochView['room']>
/** The status of the daemon. */
export type StatusView = z.output<typeof statusView>

/** A poster's wishes for the machine that runs its task. */
export interface Wish {
  /** The model's name; null: the configured one. */
  readonly model: string | null
  readonly requirements: Requirements
  readonly placement: Placement
}

/** The fields of a task that people and the work loop write alike. */
type SameFields =
  | 'requirements'
  | 'placement'
  | 'deadlines_ms'
  | 'lease_ms'
  | 'max_attempts'
  | 'depends_on'
  | 'priority'
  | 'force'

/** A poster's wish for a task, before its model and its stand-ins are looked up. */
export interface TaskWish extends Wish, Pick<TaskSpec, SameFields> {
  /** The idempotency key, 16 to 64 bytes. */
  readonly key: string
  readonly prompt: string
  readonly max_tokens: number
  readonly temperature_milli: number
  readonly seed: number
  readonly public: boolean
  /** Stand-ins, and the milliseconds until they may take over; null without any. */
  readonly fallback: FallbackWish | null
  /** The caller that asks for it. */
  readonly principal: Principal
}

/** Machines that may continue a task while this machine is away. */
export interface FallbackWish {
  readonly after_ms: number
  /**
   * Names or agent keys of machines. Empty means any machine for a public task, and all known machines for a private
   * one.
   */
  readonly to: readonly string[]
}

/** The tasks that this daemon posted. */
export interface Tasks {
  /**
   * Posts a task and returns it once it is on the chain; the same key with the same work returns the same task. Rejects
   * for the request with `RIPPLE_TASK_CONFLICT`, `RIPPLE_MODEL_UNKNOWN`, `RIPPLE_MODEL_MISSING`, `RIPPLE_TASK_UNKNOWN`,
   * `RIPPLE_TASK_NEVER_READY`, `RIPPLE_TASK_TOO_LONG`, `RIPPLE_FALLBACK_INVALID`, `RIPPLE_PEER_UNKNOWN`. Unless forced,
   * it also rejects with `RIPPLE_TASK_INFEASIBLE` and `RIPPLE_FALLBACK_INFEASIBLE`. Rejects for this machine's state
   * with `RIPPLE_BUSY`, `RIPPLE_CHAIN_FULL`, `RIPPLE_CHAIN_BEHIND`, `RIPPLE_KEY_IN_USE`, `RIPPLE_DISK_FULL`,
   * `RIPPLE_CONDUCTOR_DOWN`, and as the DHT does.
   */
  post(wish: TaskWish, signal: AbortSignal): Promise<TaskView>
  /** Finds the hash of the task that has exactly this key or hash, in any epoch; null without one. */
  find(id: string): Promise<string | null>
  /** Lists all open tasks and at most `most` closed ones, newest first and without their answers. */
  list(most: number): Promise<readonly TaskView[]>
  /** Reads the beginning of an own task's prompt; null if only its receipt has it. */
  prompt(task: string): Promise<string | null>
  /** Returns the fields with which an own task was posted. Rejects with `RIPPLE_TASK_REQUEST_GONE`. */
  request(task: string): Promise<RequestView>
  /** Finds the hashes of tasks whose key or hash begins with a prefix; of closed ones two at most. */
  beginning(prefix: string): Promise<readonly string[]>
  /** Returns one task by its hash or key, from any epoch, with its answer. Rejects with `RIPPLE_TASK_UNKNOWN`. */
  show(task: string, signal: AbortSignal): Promise<TaskView>
  /** Explains why a task is in its state, without the policies' decisions. Rejects with `RIPPLE_TASK_UNKNOWN`. */
  why(task: string): Promise<Omit<WhyView, 'decisions'>>
  /** Forecasts the peers for a task that is posted now. Throws `RIPPLE_MODEL_UNKNOWN` and `RIPPLE_MODEL_MISSING`. */
  plan(wish: Wish): PlanView
  /** Cancels a task, and resolves once it is closed: as cancelled, or in the closed state that it already had. */
  cancel(task: string, signal: AbortSignal): Promise<TaskView>
}

/** The wish for an invite. */
export interface InviteWish {
  /** In milliseconds since 1970. */
  readonly expiresAt: number
  readonly once: boolean
  readonly delegate: boolean
  /** Whether it is offered on the LAN under four words. */
  readonly spoken: boolean
}

/** A network that the data folder knows. */
export type NetworkView = z.output<typeof networkShow.output>

/** The networks that the data folder knows. */
export interface KnownNetworks {
  list(): Promise<NetworkView[]>
  /** Rejects with `RIPPLE_NETWORK_UNKNOWN`; null is the network of the next start. */
  show(name: string | null): Promise<NetworkView>
  /** Rejects with `RIPPLE_NETWORK_EXISTS`, `RIPPLE_DATA_OTHER_NETWORK`. */
  create(name: string): Promise<NetworkView>
  /** Rejects with `RIPPLE_NETWORK_UNKNOWN`, `RIPPLE_DATA_OTHER_NETWORK`. */
  use(name: string): Promise<NetworkView>
}

/** The members of the network, and invites to it. */
export interface Members {
  /** Rejects with `RIPPLE_NOT_ISSUER`, `RIPPLE_INVITE_MANY`, `RIPPLE_DISK_FULL`. */
  invite(wish: InviteWish): Promise<z.output<typeof invite.output>>
  /**
   * Reads an invite's line, or the line behind its four words. Rejects with `RIPPLE_INVITE_INVALID`,
   * `RIPPLE_INVITE_EXPIRED`, `RIPPLE_INVITE_REFUSED`, `RIPPLE_INVITER_UNREACHABLE`.
   */
  read(line: string, signal: AbortSignal): Promise<z.output<typeof inviteRead.output>>
  /**
   * Ends the membership of a machine, by its name or agent key, and returns its key. Rejects with `RIPPLE_NOT_ISSUER`,
   * `RIPPLE_PEER_UNKNOWN`, and as a write does.
   */
  revoke(peer: string, signal: AbortSignal): Promise<AgentKey>
}

/** The models of this machine and of the model list. */
export interface Models {
  list(signal: AbortSignal): Promise<ModelView[]>
  memory(): Promise<ModelMemoryView>
  /**
   * Fetches and checks a model: from peers, then from its sources. A sha256 or a CID names any file that a peer shares.
   * Rejects with `RIPPLE_MODEL_UNKNOWN`, `..._UNREACHABLE`, `..._CHECKSUM`, `..._NO_PEER`, `..._CORRUPT`, `..._PAUSED`,
   * and with `RIPPLE_DISK_SHORT` before the first byte.
   */
  pull(name: string, signal: AbortSignal): Promise<ModelView>
  /** Begins such a pull, and returns the model once its first bytes come. Rejects as `pull` does, if it fails before. */
  begin(name: string, signal: AbortSignal): Promise<ModelView>
  /** Stops the pulls of a model. Resolves to the bytes that are here; to null if none ran. */
  pause(name: string): Promise<number | null>
  /**
   * Deletes a model's file. Rejects with `RIPPLE_MODEL_MISSING`, `..._UNKNOWN`, and unless forced with `..._IN_USE`.
   */
  remove(name: string, force: boolean, signal: AbortSignal): Promise<{ path: string; bytes: number }>
  /** Loads a model before its first run. Rejects with `RIPPLE_MODEL_MISSING`, `..._UNKNOWN`, and as the engine does. */
  load(name: string, signal: AbortSignal): Promise<ModelView>
  /**
   * Frees a model's memory after its runs, and returns whether it was loaded. Rejects with `RIPPLE_MODEL_MISSING`,
   * `..._UNKNOWN`.
   */
  unload(name: string, signal: AbortSignal): Promise<boolean>
  /**
   * Judges whether a model can run here with a context of that size. Rejects with `RIPPLE_MODEL_UNKNOWN`,
   * `..._UNREACHABLE`.
   */
  fit(name: string, context_tokens: number, signal: AbortSignal): Promise<FitView>
}

/** The names of files that were added as artifacts. */
export interface ArtifactNames {
  /** Names an artifact. Rejects with `RIPPLE_DISK_FULL`. */
  put(cid: Cid, name: string): Promise<void>
  forget(cid: Cid): Promise<void>
  all(): Promise<ReadonlyMap<Cid, string>>
}

/** The epochs of the network that this machine has. */
export interface Epochs {
  /** Lists the epochs, oldest first. */
  list(): Promise<EpochView[]>
  /** Writes the archive of an epoch and resolves to its path. Rejects with `RIPPLE_EPOCH_UNKNOWN`. */
  export(epoch: number, signal: AbortSignal): Promise<string>
}

/** Keys for pages, which replace the API's token there: the token never expires, so it stays out of browsers. */
export interface PageKeys {
  /** Makes a code that can be redeemed for one key within `limits.page_code_ms`. */
  code(): string
  /** Exchanges a code for a key; each code works once. Throws `RIPPLE_PAGE_CODE`. */
  redeem(code: string): string
  /** Whether a key is valid: until the daemon ends, or newer keys have displaced it. */
  accepts(key: string): boolean
}

/** The daemon's part of `doctor`. */
export interface DoctorFacts {
  /** Returns the facts by which `doctor` judges this machine. */
  facts(signal: AbortSignal): Promise<MachineFacts>
  /**
   * Compares this machine with a peer, named by its name, or by the beginning of its agent key or peer id, or with the
   * machine of a code. Rejects with `RIPPLE_PEER_UNKNOWN`, `RIPPLE_DOCTOR_CODE`.
   */
  compare(
    peer: string,
    signal: AbortSignal,
  ): Promise<{ readonly here: MachineFacts; readonly pair: PairFacts }>
}

/** The examination of this machine by `doctor`. */
export type Examination = z.input<typeof doctor.output>

/** The judgement of a machine, by its daemon or without one. */
export interface Examiner {
  /**
   * Checks this machine, and compares it with another one, which is named by a peer's name or key, or by its code. Rejects
   * with `RIPPLE_DOCTOR_CODE`, `RIPPLE_PEER_UNKNOWN`, and without a daemon that is needed with `RIPPLE_NO_DAEMON`.
   */
  examine(other: string | null, signal: AbortSignal): Promise<Examination>
  /** Returns this machine's facts as one line for another machine. */
  factsCode(signal: AbortSignal): Promise<string>
}

/** A machine of the local network that this machine's owner has accepted. */
export type AcceptedView = z.output<typeof peerAccept.output>

/** The strangers of a local network, and those of them that were accepted. */
export interface Strangers {
  /** Lists the accepted machines; `open` tells whether everybody is accepted. */
  list(): { readonly open: boolean; readonly accepted: readonly Readonly<AcceptedView>[] }
  /** Accepts a machine by its name or key. Rejects with `RIPPLE_PEER_UNKNOWN`, `RIPPLE_PEER_AMBIGUOUS`. */
  accept(name: string): Promise<AcceptedView>
  /** Forgets an accepted machine. Rejects with `RIPPLE_PEER_UNKNOWN`, `RIPPLE_PEER_AMBIGUOUS`. */
  forget(name: string): Promise<AcceptedView>
  /**
   * Asks the machine that made an invite to accept this one, and accepts it. Rejects with `RIPPLE_INVITE_INVALID`,
   * `RIPPLE_INVITE_EXPIRED`, `RIPPLE_INVITE_REFUSED`, `RIPPLE_INVITER_UNREACHABLE`.
   */
  redeem(line: string): Promise<AcceptedView>
}

/** The secrets of the data folder. A running daemon reads one when it next needs it. */
export interface StoredSecrets {
  /** Rejects with `RIPPLE_SECRET_INVALID`, `RIPPLE_SECRET_MANY`, `RIPPLE_PASSPHRASE`. */
  set(name: string, value: Uint8Array): Promise<void>
  /** Removes a secret, and returns whether it existed. */
  remove(name: string): Promise<boolean>
  list(): Promise<readonly SecretPlace[]>
}

/** The output of `service status`. */
export type ServiceView = z.output<typeof serviceView>

/** The service that runs the daemon for this user, as it is installed. */
export interface InstalledService {
  /** Rejects with `RIPPLE_SERVICE_MANAGER`, `RIPPLE_SERVICE_FOREIGN`. */
  status(signal: AbortSignal): Promise<ServiceView>
}

/** The work that this machine does for others. */
export interface Sharing extends Pick<ShareWatch, 'why' | 'pause' | 'changePause'> {
  /** The owner's settings. */
  readonly rules: ShareConfig
}

/** The libp2p key of this machine, which the agent's own card on the network names. */
export interface MachineKey {
  /** The Ed25519 public key, 64 hex digits. */
  readonly publicKey: string
  /** Returns the signature over a text's UTF-8 bytes, 128 hex digits. */
  sign(text: string): Promise<string>
}

/** Parts of a running daemon that its operations use. */
export interface Context {
  readonly agent: AgentKey
  readonly machineKey: MachineKey
  readonly tasks: Tasks
  readonly models: Models
  /** The path of every question to a model. */
  readonly inference: Inference
  /** Counts the tokens of a prompt. Rejects with `RIPPLE_MODEL_NOT_FOUND`, and for a prompt that the model cannot read. */
  countTokens(ask: Ask, signal: AbortSignal): Promise<TokenCount>
  /** Several models that answer as one. */
  readonly ensemble: Ensemble
  readonly chats: Chats
  /** Offers of resources, and allocations. */
  readonly resources: Resources
  readonly artifacts: Artifacts
  readonly artifactNames: ArtifactNames
  readonly events: EventStream
  readonly epochs: Epochs
  readonly upstreams: Pick<Providers, 'list' | 'budget'>
  /** The tools of MCP servers. */
  readonly tools: Tools
  readonly pageKeys: PageKeys
  readonly keys: Keys
  readonly members: Members
  readonly networks: KnownNetworks
  readonly policies: Policies
  /** Decides on what a door is asked to do. */
  readonly gate: Gate
  readonly strangers: Strangers
  readonly sharing: Sharing
  /** Lists the peers by card, self included. */
  peers(signal: AbortSignal): Promise<Peer[]>
  /** Returns the cells of this machine in its conductor, those of the open epochs included. */
  cells(): readonly Cell[]
  /**
   * Measures this machine, writes its card if a lasting fact has changed, and notifies the peers. Resolves with whether it
   * wrote. Rejects as a zome call does.
   */
  advertise(signal: AbortSignal): Promise<boolean>
  /** Returns the connection to a peer; null if none is open. */
  pathTo(agent: AgentKey): PeerPath | null
  status(signal: AbortSignal): Promise<StatusView>
  /** Returns the metrics of this machine in the text form of Prometheus. */
  metrics(signal: AbortSignal): Promise<string>
  /** Returns the counts of the last `days` UTC days up to a moment, oldest first. Rejects with `RIPPLE_JOURNAL_CORRUPT`. */
  usage(days: number, now: number): Promise<readonly UsageRow[]>
  readonly doctor: DoctorFacts & Examiner
  readonly secrets: StoredSecrets
  readonly service: InstalledService
  /** Reads the daemon's log. Rejects with `RIPPLE_FILE_UNREADABLE`. */
  readLog(query: LogQuery, signal: AbortSignal): Promise<LogPage>
  readonly logLevel: LogLevelSwitch
  /** Returns the configuration file, and every setting with its value and its origin. */
  configuration(): { readonly file: string; readonly settings: readonly SettingView[] }
  /** Sends progress under a key to all clients that follow the events. */
  tell(key: string, text: string): void
  /** Lists the peers that may hold a content. */
  holders(cid: Cid, signal: AbortSignal): Promise<AgentKey[]>
  /** Looks for siblings, forks and later events of a receipt's task; each finding is a sentence. */
  siblings(receipt: Uint8Array, signal: AbortSignal): Promise<string[]>
  /** Stops taking new work and notifies the peers; `false` ends that. */
  drain(on: boolean): void
  /** Counts the grants that are still to be run or handed over. */
  undrainedCount(): number
  /**
   * Resolves once no grant is left to run or to hand over; a result that its poster does not fetch in time is stored
   * for it.
   */
  waitDrained(signal: AbortSignal): Promise<void>
  /** Begins an orderly stop. */
  stop(): void
}
