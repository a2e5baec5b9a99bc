import { pageKeys } from '../../host/api/page-keys.ts'
import type { Context, TaskView } from '../../host/operations/context.ts'
import { eventHub } from '../../host/telemetry/events.ts'
import { silentLog } from '../../host/telemetry/log.ts'
import type { Peer } from '../../host/types/peer.ts'
import type { PeerPath } from '../../host/types/peer-path.ts'
import { statusView } from '../unit/api/status-view.ts'
import { listeningApi } from '../unit/api/stub-api.ts'
import { stubContext } from '../unit/api/stub-context.ts'
import { taskView } from '../unit/api/task-view.ts'
import { cardOf } from './sim/card.ts'
import { Prng } from './sim/random.ts'

/** The size and the seed of a large made-up mesh. */
export interface MadeUp {
  readonly machines: number
  readonly tasks: number
  readonly seed: number
}

/** A message of its process: where it listens, a code, or the count of the events that it sent. */
export type Said =
  | { readonly type: 'listens'; readonly url: string }
  | { readonly type: 'code'; readonly code: string }
  | { readonly type: 'fed'; readonly events: number; readonly open_most: number }

/** A request to its process: to send the events of all tasks, or a code that signs a page in. */
export type Asked = 'feed' | 'code'

/** Milliseconds in which all tasks are posted, and of the shortest and of the longest run. */
const POST_MS = 10_000
const RUN_MS = [4_000, 12_000] as const
/** Milliseconds between two beats, each of some machine. */
const BEAT_MS = 500

type State = TaskView['state']
type Step = readonly [at: number, task: number, state: State, worker: Peer | null]

/** Makes machines by a seed: most are there, directly or through one of the first ones; some wait, drain or are away. */
function machinesOf({ machines }: MadeUp, random: Prng) {
  const paths = new Map<string, PeerPath>()
  const relays: string[] = []
  const peers = Array.from({ length: machines }, (_, at): Peer => {
    const agent = `uhCAk${String(at).padStart(48, '0')}`
    const card = cardOf(agent, {
      name: at === 0 ? 'anna' : `machine-${at}`,
      ram_gb: 2 ** random.int(2, 7),
      cpu_cores: 2 ** random.int(1, 6),
      models: Array.from({ length: random.int(0, 3) }, (_model, one) => `${one}`.repeat(64)),
    })
    const isAway = at > 0 && random.chance(0.08)
    const relay = relays.length > 4 && random.chance(0.3) ? random.pick(relays) : null
    const rttMs = random.int(1, 90)
    if (at > 0 && !isAway && !random.chance(0.05))
      paths.set(agent, relay === null ? { kind: 'direct', relay, rttMs } : { kind: 'relayed', relay, rttMs })
    if (relays.length < 12 && paths.get(agent)?.kind === 'direct') relays.push(agent)
    return {
      ...{ agent, card, seenAt: isAway ? Date.now() - 3_600_000 : Date.now() },
      presence: {
        addresses: [],
        availability: random.chance(0.05) ? 'draining' : 'online',
        load: { cpu_percent: random.int(0, 100), gpu_percent: 0, memory_percent: random.int(10, 95) },
        held_grants: random.int(0, 4),
        reply: false,
      },
      waiting: at > 0 && random.chance(0.04) ? 'here' : null,
    }
  })
  return { peers, paths }
}

/** Makes the steps of all tasks by a seed, in order: one in ten tasks goes to a second machine, and one in thirty fails. */
function stepsOf({ tasks }: MadeUp, workers: readonly Peer[], random: Prng): Step[] {
  return Array.from({ length: tasks }, (_, task): Step[] => {
    const [posted, first, ran] = [random.int(0, POST_MS), random.pick(workers), random.int(...RUN_MS)]
    const steps: Step[] = [
      [posted, task, 'posted', null],
      [posted + 20, task, 'offered', null],
      [posted + 60, task, 'granted', first],
      [posted + 200, task, 'running', first],
    ]
    let [at, worker] = [posted + 200, first]
    if (random.chance(0.1)) {
      worker = random.pick(workers)
      at += ran / 2
      steps.push([at, task, 'offered', null], [at + 100, task, 'granted', worker])
    }
    at += ran
    if (random.chance(1 / 30)) return [...steps, [at, task, 'failed', worker]]
    return [...steps, [at, task, 'delivered', worker], [at + 80, task, 'accepted', worker]]
  })
    .flat()
    .sort((one, other) => one[0] - other[0])
}

/** Opens a stand-in for a daemon with a large made-up mesh, whose API is the real one. */
async function open(made: MadeUp) {
  const random = new Prng(made.seed)
  const { peers, paths } = machinesOf(made, random)
  const steps = stepsOf(
    made,
    peers.slice(1).filter(({ agent }) => paths.has(agent)),
    random,
  )
  const hub = eventHub(silentLog, Date.now)
  const keys = pageKeys()
  const [self] = peers
  const open = new Map<number, TaskView>()
  const { url } = await listeningApi((at): Partial<Context> => {
    const stub = stubContext({})
    const status = { ...statusView(), name: 'anna', agent: self?.agent ?? '' }
    return {
      agent: self?.agent ?? '',
      peers: async () => [...peers],
      pathTo: (agent) => paths.get(agent) ?? null,
      inference: { ...stub.inference, models: () => [] },
      strangers: { ...stub.strangers, list: () => ({ open: false, accepted: [] }) },
      tasks: { ...stub.tasks, list: async () => [...open.values()] },
      events: hub,
      pageKeys: keys,
      status: async () => ({ ...status, api: { ...status.api, url: at() } }),
    }
  })
  const step = ([, task, state, worker]: Step): void => {
    const view = { ...taskView(`task-${task}`, state), task: `uhCkk${task}`, worker: worker?.agent ?? null }
    if (['accepted', 'failed'].includes(state)) open.delete(task)
    else open.set(task, view)
    hub.emit({ type: 'task_state', task_key: view.id, task: view.task, state, peer: view.worker })
  }
  const beat = (): void => {
    const { agent, card } = random.pick(peers)
    hub.emit({ type: 'peer_seen', agent, name: card.agent_name })
  }
  /** Sends the events of all steps at their times, and beats of machines meanwhile. */
  const feed = async (): Promise<{ events: number; open_most: number }> => {
    const beats = setInterval(beat, BEAT_MS)
    const from = performance.now()
    let openMost = 0
    for (const one of steps) {
      const left = one[0] - (performance.now() - from)
      if (left > 0) await new Promise((resolve) => setTimeout(resolve, left))
      step(one)
      openMost = Math.max(openMost, open.size)
    }
    clearInterval(beats)
    return { events: steps.length, open_most: openMost }
  }
  return { url, code: () => keys.code(), feed }
}

// As a process of its own, it can be killed as a daemon can.
if (import.meta.main) {
  const say = (said: Said): void => void process.send?.(said)
  const [machines = 0, tasks = 0, seed = 0] = process.argv.slice(2).map(Number)
  const { url, code, feed } = await open({ machines, tasks, seed })
  process.on('message', (asked: Asked) => {
    if (asked === 'code') say({ type: 'code', code: code() })
    else void feed().then((fed) => say({ type: 'fed', ...fed }))
  })
  say({ type: 'listens', url })
}
