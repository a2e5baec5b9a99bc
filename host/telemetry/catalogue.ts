/** Declares every daemon event: its fields, the level of its line in the log, and its other readers. */
import * as z from 'zod/mini'
import { taskState, taskText } from './request-event.ts'
import { taskClosed } from './task-closed.ts'

/** The kinds of streamed events, by which a client can choose. `text` is the pieces of answers. */
export const eventKinds = ['tasks', 'text', 'chats', 'peers', 'models', 'health', 'policy'] as const

/** A kind of streamed events. */
export type EventKind = (typeof eventKinds)[number]

type Level = 'debug' | 'info' | 'warn' | 'error'
type Shape = z.core.$ZodLooseShape

/**
 * Makes the declarations of events with a level in the log, where null writes no line, and says whether they are lines of the
 * history. Each has its kind in the stream, where null keeps it on this machine; a sentence, which is its message in the log;
 * and its fields.
 */
function entry<L extends Level | null, H extends boolean>(level: L, history: H) {
  return <S extends Shape, K extends EventKind | null>(kind: K, about: string, shape: S) => ({
    ...{ kind, level, history, about },
    fields: z.object(shape),
  })
}

const debug = entry('debug', false)
const info = entry('info', false)
const warn = entry('warn', false)
const error = entry('error', false)
const fact = entry('debug', true)
/** Pieces of an answer are content, so the log has none of them. */
const content = entry(null, false)

const text = z.string()
const count = z.number()
const maybeText = z.nullable(text)
/** The code and the message of an error. */
const failure = { code: text, detail: text }
/** A grant of a task, by the hashes of both. */
const granted = { task: text, grant: text, attempt: count }
const child = z.enum(['conductor', 'bootstrap'])
const peer = { agent: text, name: text }
const model = { sha256: text, name: text }

/** All daemon events by name. Names are stable: scripts, the page and the history checker read them. */
export const catalogue = {
  task_state: info('tasks', 'an own task reached a state', taskState),
  task_closed: debug(null, 'an own task ended, with its figures', taskClosed),
  task_note: info('tasks', 'a request is under way', taskText),
  task_text: content('text', 'a piece of an answer arrived', taskText),

  chat_text: content('chats', 'a piece of an answer of a chat arrived; `offset` is its place in the text', {
    chat: text,
    answer: text,
    offset: count,
    text,
  }),
  chat_changed: debug('chats', 'a chat changed in another way than by a piece of an answer', { chat: text }),
  chat_unwritten: warn('health', 'an answer of a chat is not on the disk', { chat: text, ...failure }),

  started: fact(null, 'the daemon came up and has rebuilt its state', {}),
  stopped: fact(null, 'the daemon stops in good order', {}),
  post_acknowledged: fact(null, 'a client was notified that its task is committed', { id: text, task: text }),
  cancel_asked: fact(null, 'a client requested the cancellation of its task', { task: text }),
  committed: fact(null, 'an entry is committed to the own chain', {
    entry: z.enum(['Task', 'Grant', 'Result', 'Close', 'FallbackClaim']),
    hash: text,
    task: text,
    attempt: count,
  }),
  offered: fact(null, 'a task was offered to a peer', { task: text, to: text }),
  refused: fact(null, 'a peer refused an offer', { task: text, by: text, code: text }),
  policy_refused: fact(null, 'the policy of this machine forbids it to run a task', {
    task: text,
    rule: text,
  }),
  task_fetched: fact(null, 'a task that this machine was asked to run, or holds a grant of, arrived', {
    task: text,
  }),
  run_started: fact('tasks', 'the engine of this machine began a run', {
    ...granted,
    poster: text,
    model: maybeText,
    input: z.enum(['text', 'chat', 'embed']),
  }),
  run_ended: fact('tasks', 'the engine of this machine ended a run; `aborted` if no peer wants it any more', {
    ...granted,
    status: z.enum(['ok', 'failed', 'aborted']),
    code: maybeText,
  }),
  run_measured: fact(null, 'the engine of this machine ended a run with an answer, at this cost', {
    task: text,
    tokens_in: count,
    tokens_out: count,
    run_ms: count,
  }),
  released: fact(null, 'a grant was returned, with the reason', { ...granted, reason: text }),
  checked: fact(null, 'the poster checked an output', { task: text, result: text, verdict: text }),
  retried: fact(null, 'something went wrong and is being retried', { what: text, ...failure }),

  peer_seen: info('peers', 'a machine is online', peer),
  peer_suspect: debug('peers', 'a machine is late, or its connection has ended', peer),
  peer_gone: info('peers', 'a machine is no longer there', {
    ...peer,
    state: z.enum(['unreachable', 'left']),
  }),
  peer_waiting: info('peers', 'a machine waits to be accepted, on this machine or there, or no longer does', {
    ...peer,
    where: z.nullable(z.enum(['here', 'there'])),
  }),
  own_state: info('peers', 'the state of this machine on its network changed, with the reason', {
    state: z.enum(['connected', 'syncing', 'isolated']),
    why: text,
  }),
  relay_offered: info('peers', 'this machine relays connections between members', {}),
  relay_places: info('peers', 'the relays changed through which members reach this machine', {
    relays: z.array(text),
  }),
  beat_failed: warn('peers', 'the presence of this machine could not be sent', failure),
  message_dropped: debug(null, 'a message was dropped', { reason: text }),
  trace_dropped: debug(null, 'the malformed trace context of a message was dropped', { from: text }),
  stranger_refused: debug(null, 'a machine that is not of the network was refused', {}),
  member_refused: info('peers', 'a machine was refused, because it is not a member of the private network', {
    agent: text,
    reason: text,
  }),
  member_revoked: info('peers', 'the membership of a machine was revoked', { agent: text }),
  revocations_unread: debug(null, 'the revocations could not be read; the next look follows', failure),
  invite_redeemed: info('peers', 'a machine joined with an invite of this machine', { agent: text }),
  invite_refused: info('peers', 'a machine that wants to join with an invite was refused', {
    agent: text,
    reason: text,
  }),
  heads_failed: debug(null, 'a question about the heads of chains, or its answer, failed', {
    peer: text,
    step: z.enum(['ask', 'check', 'answer']),
  }),

  model_pulled: info('models', 'a model was pulled', { sha256: maybeText, name: text }),
  model_progress: debug('models', 'the pull of a model progressed', {
    name: text,
    bytes: count,
    total: z.nullable(count),
    source: maybeText,
  }),
  model_paused: info('models', 'the pull of a model was paused, and its bytes stay', {
    name: text,
    bytes: count,
  }),
  model_unpulled: warn('models', 'the pull of a model failed', { name: text, ...failure }),
  model_removed: info('models', "a model's file was removed", { path: text, bytes: count }),
  model_loaded: info('models', 'a model was loaded into memory', model),
  model_unloaded: info('models', 'a model left the memory', model),
  model_note: info('models', 'the pull of a model goes on in another way', { text }),
  model_unshared: warn('models', 'a model is not given to peers', { name: text, ...failure }),
  model_unnamed: warn('models', 'a model is not offered to peers: its name has control characters', {
    name: text,
  }),
  models_unread: warn('models', 'the models could not be listed', failure),
  card_unwritten: warn('models', "this machine's card does not name its models yet", failure),

  ready: info('health', 'the API listens', { url: text }),
  network_joined: info(
    'health',
    'the network is joined; without a server if the machines of a LAN choose one',
    {
      network: text,
      forwarder: text,
      server: maybeText,
    },
  ),
  server_chosen: info('health', 'the machines of the LAN agree on the bootstrap server of this peer id', {
    server: text,
    via: text,
  }),
  peer_greeted: debug(null, 'a machine of this network greets this one over libp2p', {
    peer: text,
    version: text,
  }),
  greeting_refused: debug(null, 'a greeting or a forwarded connection was refused', {
    peer: text,
    reason: text,
  }),
  rendezvous_failed: warn(null, 'a step towards a common bootstrap server failed, and is tried again', {
    step: text,
    ...failure,
  }),
  server_unreachable: warn('health', "the network's server does not answer", { server: text, ...failure }),
  process_ready: info('health', 'a child process is ready', {
    child,
    pid: count,
    start_ms: count,
    listens: text,
  }),
  gpu_failed: warn('health', 'the GPU failed: the engine runs on the CPU until the daemon starts again', {
    detail: text,
  }),
  process_crashed: warn('health', 'a child process ended, and is started again', {
    child,
    detail: text,
    again_in_ms: count,
  }),
  process_stopped: info('health', 'a child process was stopped', { child }),
  conductor_connected: info('health', 'the conductor is connected', { ms: count }),
  conductor_lost: warn('health', 'the connection with the conductor was lost', {}),
  conductor_unconnected: warn('health', 'the conductor could not be connected', { detail: text }),
  signal_unreadable: warn(null, "a peer's signal was unreadable", { detail: text }),
  head_unnoted: warn('health', 'the head of an own chain was not noted', { detail: text }),
  chains_restoring: warn('health', "this machine's chains are being fetched from peers", {}),
  chains_held: warn(
    'health',
    'the own chains must not be written to, for example because the disk is full',
    failure,
  ),
  chains_freed: info('health', 'the own chains may be written to again', {}),
  work_unheld: warn('health', 'the work could not be held or released', failure),
  chain_filling: warn('health', 'the chain of this epoch is filling', { epoch: count, detail: text }),
  epoch_opened: info('health', 'an epoch was opened', { epoch: count }),
  epoch_unopened: error('health', 'an epoch was not opened', { epoch: count, ...failure }),
  epoch_missed: warn('health', 'no peer has handed over an epoch', { epoch: count, detail: text }),
  epoch_left: info('health', 'an epoch was archived and left', { epoch: count, archive: text }),
  epoch_unleft: error('health', 'an epoch was not left', { epoch: count, ...failure }),
  archive_removed: info('health', 'the archive of an epoch was removed', { epoch: count }),
  cells_set_aside: warn('health', "the conductor's list of its cells was unreadable and is rebuilt", {
    aside: text,
  }),
  receipt_unwritten: error('health', 'a receipt was not written', { task: text, ...failure }),
  receipt_lost: error('health', 'a task has no receipt: the archive of its epoch lacks a part', {
    epoch: count,
    task: text,
    archive: text,
    ...failure,
  }),
  sharing_paused: info('health', 'no work is taken from other machines', { why: maybeText }),
  sharing_resumed: info('health', 'work of other machines is taken again', {}),
  resource_offered: info('health', 'this machine offers its resources until a time', {
    offer: text,
    expires_at: count,
  }),
  resource_unoffered: warn('health', "this machine's resources could not be offered", failure),
  resource_allocated: info('health', 'a share of this machine was allocated, or its time was extended', {
    allocation: text,
    holder: text,
    expires_at: count,
    renewed: z.boolean(),
  }),
  resource_released: info('health', 'an allocation of this machine was ended before its time', {
    allocation: text,
    holder: text,
    by: text,
  }),
  resource_expired: info('health', 'an allocation of this machine ended by its time', {
    allocation: text,
    holder: text,
  }),
  speed_unnoted: warn('health', 'the speed of a run was not noted', failure),
  key_use_unnoted: warn('health', 'the use of the keys is not stored', failure),
  webhook_sent: debug('health', 'a webhook was delivered; `event` is the id of the event', {
    url: text,
    event: text,
    tries: count,
  }),
  webhook_failed: warn('health', 'a webhook was given up after its last try', {
    ...{ url: text, event: text, tries: count },
    ...failure,
  }),
  traces_unsent: warn('health', 'spans were dropped, and so are all others until the collector takes them', {
    spans: count,
    ...failure,
  }),
  tool_called: info(null, 'an agent called a tool; the code is that of its error', {
    tool: text,
    principal: text,
    code: maybeText,
    ms: count,
  }),
  request_failed: error('health', 'a request failed', { route: text, ...failure }),

  policy_decided: debug('policy', 'a policy decided', {
    decision: text,
    point: text,
    subject: text,
    allow: z.boolean(),
    rule: text,
    reasons: z.array(text),
  }),
  policy_failed: warn('policy', 'a policy gave no answer, or a decision was not recorded', failure),
  policy_warned: warn('policy', 'an inference policy is doubtful', { detail: text }),
}

type Catalogue = typeof catalogue
/** The name of an event. */
export type EventName = keyof Catalogue
type FieldsOf<S extends Shape> = { readonly [F in keyof S]: z.infer<S[F]> }
/** The events of these names. */
export type EventOf<N extends EventName> = {
  [K in N]: { readonly type: K } & FieldsOf<Catalogue[K]['fields']['shape']>
}[N]
/** Any daemon event. */
export type DaemonEvent = EventOf<EventName>
/** The events that are lines of the history. */
export type HistoryName = { [N in EventName]: Catalogue[N]['history'] extends true ? N : never }[EventName]
type StreamedName = { [N in EventName]: Catalogue[N]['kind'] extends null ? never : N }[EventName]

/**
 * An event of the stream, with its id, and its time by the daemon's clock in milliseconds since 1970. `reset` comes first where
 * events after the client's last one are not available any more: the client then reads again what it shows.
 */
export type StreamEvent = { readonly id: string; readonly at: number } & (
  | EventOf<StreamedName>
  | { readonly type: 'reset' }
)
