import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { findDaemon } from '../../host/cli/client.ts'
import { limits } from '../../host/limits.ts'
import type { TaskView } from '../../host/operations/context.ts'
import type { Ready } from '../../host/operations/local.ts'
import { here, type Running, running } from './peer.ts'
import { staying } from './processes.ts'
import { until } from './until.ts'
import { warmData } from './warm-data.ts'

/** Has a daemon open the stand-in. */
const badEngine = new URL('bad-engine-hook.mjs', import.meta.url).href

/** Peers on this machine, with a meeting point of their own. */
export interface Mesh {
  readonly folder: string
  /** Where a peer is told to meet the others. */
  readonly url: string
  /** The words by which a command means a peer. */
  at(name: string): string[]
  /** Starts a peer, or starts it again on its data; with a fail point, it dies there. */
  up(name: string, failpoint?: string): Promise<Running<Ready>>
  /** Starts a peer whose engine is the stand-in of `bad-engine.ts`. */
  upBad(name: string): Promise<Running<Ready>>
  /** Asks a peer's daemon as the command line does, without a process of its own for each look. */
  call<T>(name: string, verb: string, input?: object): Promise<T>
  /** Whether an agent is, to a peer, in this state; none named means there. */
  sees(name: string, agent: string, state?: string): Promise<boolean>
  /** A task of a peer. */
  show(name: string, id: string): Promise<TaskView>
  /** A task of a peer, once it is accepted and its receipt is there, which is written just after. */
  accepted(name: string, id: string): Promise<TaskView>
  /** Stops all that runs, removes the folder, and gives the processes that stayed all the same. */
  end(): Promise<string[]>
}

/** Begins a mesh without peers, in a temporary folder of this name. */
export async function openMesh(name: string): Promise<Mesh> {
  const folder = await mkdtemp(join(tmpdir(), `ripple-${name}-`))
  const stack = new AsyncDisposableStack()
  const server = await running<{ url: string }>(here, 'bootstrap', '--data', join(folder, 'server'))
  stack.use(server)
  const at = (peer: string): string[] => ['--data', join(folder, peer)]
  const { url } = server.ready
  const start = async (peer: string, env: Record<string, string>): Promise<Running<Ready>> => {
    const data = await warmData(folder, peer)
    const words = ['--name', peer, '--port', '0', '--bootstrap', url]
    return stack.use(await running<Ready>({ ...here, env }, 'up', '--data', data, ...words))
  }
  const call = async <T>(peer: string, verb: string, input: object = {}): Promise<T> => {
    const daemon = await findDaemon(join(folder, peer))
    return (await daemon.call(verb, input, AbortSignal.timeout(limits.client_call_ms))) as T
  }
  const show = (peer: string, id: string) => call<TaskView>(peer, 'task.show', { id })
  return {
    folder,
    url,
    at,
    call,
    up: (peer, failpoint) =>
      start(peer, failpoint === undefined ? {} : { RIPPLE_FAILPOINT: `${failpoint}:kill9` }),
    upBad: (peer) => start(peer, { NODE_OPTIONS: `--import ${badEngine}` }),
    sees: async (peer, agent, state = 'online') => {
      type Seen = { peers: { agent: string; state: string }[] }
      const { peers } = await call<Seen>(peer, 'peers')
      return peers.some((one) => one.agent === agent && one.state === state)
    },
    show,
    accepted: async (peer, id) => {
      const isDone = ({ state, receipt }: TaskView) => state === 'accepted' && receipt !== null
      await until('the task is accepted, and its receipt written', async () => isDone(await show(peer, id)))
      return show(peer, id)
    },
    end: async () => {
      await stack.disposeAsync()
      const stayed = await staying(folder)
      await rm(folder, { recursive: true, force: true })
      return stayed
    },
  }
}
