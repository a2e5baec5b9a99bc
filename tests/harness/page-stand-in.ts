import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { pageKeys } from '../../host/api/page-keys.ts'
import { openChats } from '../../host/chats/open-chats.ts'
import { RippleError } from '../../host/errors/ripple-error.ts'
import type { AcceptedView, Context } from '../../host/operations/context.ts'
import { verifyReceipt } from '../../host/receipt/verify.ts'
import { openRules } from '../../host/rules/rules.ts'
import { type EventHub, eventHub } from '../../host/telemetry/events.ts'
import { silentLog } from '../../host/telemetry/log.ts'
import type { Answer, AnswerEnd, AnswerPiece, Ask, Inference, MeshModel } from '../../host/types/answer.ts'
import type { Peer } from '../../host/types/peer.ts'
import { statusView } from '../unit/api/status-view.ts'
import { listeningApi, token } from '../unit/api/stub-api.ts'
import { stubContext } from '../unit/api/stub-context.ts'
import { taskView } from '../unit/api/task-view.ts'
import { cardOf } from './sim/card.ts'

/** A receipt that Rust wrote: "Name three primes." was answered "2, 3, 5". */
export const receiptFile = join(import.meta.dirname, '../unit/receipt/fixtures/answer.receipt')
export const { summary: told } = verifyReceipt(readFileSync(receiptFile), await openRules())
/** Pause between two pieces, in milliseconds. */
const PIECE_MS = 30

/** How the stand-in for the mesh answers a question. */
export interface Script {
  /** Pieces of the answer. */
  readonly pieces: readonly string[]
  /** The end of the script: to complete the answer, or to wait for ever. */
  readonly last?: 'end' | 'hang'
  /** Rejects the question before anything is said, or the answer after the pieces. */
  readonly refuses?: RippleError
  readonly fails?: RippleError
  /** The receipt that the task has; by default a true one. */
  readonly receipt?: string | null
}

/**
 * A stand-in for a daemon: its API is the real one, with guard, page, keys, chats and the route of receipts; the mesh behind it,
 * with its models, peers and answers, is made up here.
 */
export interface StandIn extends AsyncDisposable {
  readonly url: string
  readonly token: string
  /** The questions that were asked. */
  readonly asked: Ask[]
  /** Whether the last one was ended by whoever asked it. */
  cancelled(): boolean
  code(): string
  say(script: Script): void
  /** Lets a machine of that name be found that waits to be accepted; null once it is accepted on both sides. */
  meets(name: string, where: 'here' | 'there' | null): void
  /** The machines that were accepted. */
  readonly accepted: string[]
  /** Forgets all keys, as a new start of the daemon does. */
  startAnew(): void
}

/** A routed model, a model of this machine, and a model that only another machine has. */
const models: readonly MeshModel[] = [
  { name: 'ripple/auto', digest: null, context_tokens: null, owned_by: 'ripple', at: [] },
  modelAt('SmolLM2-135M-Instruct', told.poster, 'anna', true),
  modelAt('tiny', told.worker, 'bert', false),
]

function modelAt(model: string, agent: string, name: string, loaded: boolean): MeshModel {
  const at = [{ agent, name, loaded }]
  return { name: model, digest: 'ab'.repeat(32), context_tokens: 2_048, owned_by: 'mesh', at }
}

/** Starts the stand-in on a free port of loopback. */
export async function standIn(): Promise<StandIn> {
  const mesh = new MadeUpMesh()
  let keys = pageKeys()
  const { app, url } = await listeningApi((at) => contextOf(mesh, at, () => keys))
  return {
    url,
    token,
    asked: mesh.asked,
    accepted: mesh.accepted,
    meets: (name, where) => mesh.meet(name, where),
    cancelled: () => mesh.cancelled,
    code: () => keys.code(),
    say: (script) => {
      mesh.script = script
    },
    startAnew: () => {
      keys = pageKeys()
    },
    [Symbol.asyncDispose]: () => app.close(),
  }
}

/** Answers every question as its script says, each as the one task that the receipt is of. */
class MadeUpMesh implements Inference {
  readonly asked: Ask[] = []
  readonly accepted: string[] = []
  readonly strangers = new Map<string, 'here' | 'there' | null>()
  readonly hub: EventHub = eventHub(silentLog, Date.now)
  script: Script = { pieces: [] }
  cancelled = false

  models(): readonly MeshModel[] {
    return models
  }

  meet(name: string, where: 'here' | 'there' | null): void {
    this.strangers.set(name, where)
    this.hub.emit({ type: 'peer_waiting', agent: strangerKey(name), name, where })
  }

  async accept(agent: string): Promise<AcceptedView> {
    const name = [...this.strangers.keys()].find((one) => strangerKey(one) === agent)
    if (name === undefined) throw new RippleError('RIPPLE_PEER_UNKNOWN', { agent })
    this.accepted.push(name)
    this.meet(name, 'there')
    return { agent, name, public_key: 'ab'.repeat(32), at: Date.now() }
  }

  async ask(ask: Ask, signal: AbortSignal): Promise<Answer> {
    this.asked.push(ask)
    this.cancelled = false
    const { script } = this
    if (script.refuses) throw script.refuses
    const ended = Promise.withResolvers<AnswerEnd>()
    ended.promise.catch(() => {})
    signal.addEventListener('abort', () => {
      this.cancelled = true
      ended.reject(signal.reason)
    })
    return {
      id: told.task_id,
      trace_id: 'trace-1',
      created_at: Date.now(),
      pieces: this.pieces(script, ended),
      end: ended.promise,
    }
  }

  async *pieces(script: Script, ended: PromiseWithResolvers<AnswerEnd>): AsyncGenerator<AnswerPiece> {
    const { hub } = this
    const { task_id: task_key, task } = told
    const step = (state: string, peer: string | null = told.worker): void =>
      hub.emit({ type: 'task_state', task_key, task, state, peer })
    step('posted', null)
    step('offered', null)
    step('granted')
    await sleep(PIECE_MS)
    step('running')
    for (const text of script.pieces) {
      yield { type: 'text', text }
      await sleep(PIECE_MS)
    }
    if (script.last === 'hang') await ended.promise
    if (script.fails) {
      ended.reject(script.fails)
      throw script.fails
    }
    step('delivered')
    ended.resolve(endOf(script))
    void sleep(PIECE_MS).then(() => step('accepted'))
  }
}

function endOf({ pieces }: Script): AnswerEnd {
  return {
    text: pieces.join(''),
    finish: 'stop',
    usage: { tokens_in: 5, tokens_out: 6 },
    model: 'tiny',
    model_digest: 'ab'.repeat(32),
    route: 'mesh',
    peer: told.worker,
    task: told.task,
    receipt: receiptFile,
    why: 'bert has it and is free',
  }
}

function contextOf(mesh: MadeUpMesh, url: () => string, keys: () => ReturnType<typeof pageKeys>): Context {
  const view = () => {
    const { receipt = receiptFile } = mesh.script
    return { ...taskView(told.task_id, 'accepted'), receipt }
  }
  const tasks = { ...stubContext({}).tasks, find: async () => told.task, show: async () => view() }
  return stubContext({
    inference: mesh,
    tasks,
    events: mesh.hub,
    chats: openChats({
      ...{ inference: mesh, clock: { now: Date.now }, emit: mesh.hub.emit, file: ':memory:' },
    }),
    strangers: {
      ...stubContext({}).strangers,
      accept: (agent) => mesh.accept(agent),
    },
    pageKeys: {
      code: () => keys().code(),
      redeem: (code) => keys().redeem(code),
      accepts: (key) => keys().accepts(key),
    },
    status: async () => ({
      ...statusView(),
      name: 'anna',
      agent: told.poster,
      api: { url: url(), token_file: '/data/api.token', key_file: '/data/openai.key', ollama: null },
    }),
    peers: async () => [
      peer(told.poster, 'anna'),
      peer(told.worker, 'bert'),
      ...[...mesh.strangers].map(([name, waiting]) => ({ ...peer(strangerKey(name), name), waiting })),
    ],
  })
}

/** The agent key of a machine that waits to be accepted. */
function strangerKey(name: string): string {
  return `uhCAk${name.padEnd(48, '0')}`
}

function peer(agent: string, name: string): Peer {
  return {
    agent,
    card: cardOf(agent, { name, models: [] }),
    presence: null,
    seenAt: Date.now(),
    waiting: null,
  }
}
