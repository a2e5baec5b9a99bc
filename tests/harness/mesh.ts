import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { findDaemon } from '../../host/cli/client.ts'
import { limits } from '../../host/limits.ts'
import type { TaskView } from '../../host/operations/context.ts'
import type { Ready } from '../../host/operations/local.ts'
import { withoutModels, withScriptedModel } from './no-models.ts'
import { here, type Running, running } from './peer.ts'
import { staying } from './processes.ts'
import { until } from './until.ts'
import { warmData } from './warm-data.ts'

/** Has a daemon open a stand-in of this folder in place of llama.cpp's engine. */
const withEngine = (file: string): Record<string, string> => ({
  NODE_OPTIONS: `--import ${new URL('engine-hook.mjs', import.meta.url).href}?${file}`,
})

/** How often a peer is started where the port of its mesh is taken. */
const JOIN_TRIES_MAX = 3

/** Peers on this machine, with a meeting point of their own. */
export interface Mesh {
  readonly folder: string
  /** The address at which a peer meets the others. */
  readonly url: string
  /** The words by which a command means a peer. */
  at(name: string): string[]
  /** Starts a peer, or starts it again on its data; with a fail point, it dies there. */
  up(name: string, failpoint?: string): Promise<Running<Ready>>
  /** Starts a peer again on its data, with its API at a port of the caller's choice. */
  upAt(name: string, port: number): Promise<Running<Ready>>
  /** Starts a peer, or starts it again on its data, with Ollama's API open at any port and further variables. */
  upOllama(name: string, more?: Readonly<Record<string, string>>): Promise<Running<Ready>>
  /** Starts a peer, or starts it again on its data, on a machine that has no models. One of a mesh is so. */
  upWithoutModels(name: string): Promise<Running<Ready>>
  /** Starts a peer whose engine is the stand-in of `bad-engine.ts`. */
  upBad(name: string): Promise<Running<Ready>>
  /**
   * Starts a peer whose engine is the stand-in of `scripted-engine.ts`, and which has `SCRIPTED_MODEL` alone. One of a
   * mesh is so.
   */
  upScripted(name: string): Promise<Running<Ready>>
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
  const meeting = await openMeeting(folder, stack)
  const at = (peer: string): string[] => ['--data', join(folder, peer)]
  const start = async (peer: string, env: Record<string, string>, port = 0): Promise<Running<Ready>> => {
    const data = await warmData(folder, peer)
    const words = ['--data', data, '--name', peer, '--port', String(port)]
    const up = (url: string) => running<Ready>({ ...here, env }, 'up', ...words, '--bootstrap', url)
    return stack.use(await meeting.join(up))
  }
  const call = async <T>(peer: string, verb: string, input: object = {}): Promise<T> => {
    const daemon = await findDaemon(join(folder, peer))
    return (await daemon.call(verb, input, AbortSignal.timeout(limits.client_call_ms))) as T
  }
  const show = (peer: string, id: string) => call<TaskView>(peer, 'task.show', { id })
  return {
    folder,
    get url() {
      return meeting.url()
    },
    at,
    call,
    up: (peer, failpoint) =>
      start(peer, failpoint === undefined ? {} : { RIPPLE_FAILPOINT: `${failpoint}:kill9` }),
    upAt: (peer, port) => start(peer, {}, port),
    upOllama: (peer, more) =>
      start(peer, { RIPPLE_API_OLLAMA: 'open', RIPPLE_API_OLLAMA_PORT: '0', ...more }),
    upWithoutModels: async (peer) => start(peer, await withoutModels(folder)),
    upBad: (peer) => start(peer, withEngine('bad-engine.ts')),
    upScripted: async (peer) =>
      start(peer, { ...(await withScriptedModel(folder)), ...withEngine('scripted-engine.ts') }),
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

/** The bootstrap server of a mesh. */
interface Meeting {
  url(): string
  /** Starts a peer at its address. */
  join(up: (url: string) => Promise<Running<Ready>>): Promise<Running<Ready>>
}

/** A server, the peers that were started with its address, and its successor if none of them could start. */
interface Server {
  readonly url: string
  readonly joined: Promise<Running<Ready>>[]
  next: Promise<Server> | null
}

/**
 * Begins the server of a mesh. Its session determines the port by which daemons reach it, and sometimes another mesh
 * on this machine has that port. If no peer could start for that reason, another server with another port begins.
 */
async function openMeeting(folder: string, stack: AsyncDisposableStack): Promise<Meeting> {
  const begin = async (): Promise<Server> => {
    const words = ['--data', await mkdtemp(join(folder, 'server-'))]
    const { ready } = stack.use(await running<{ url: string }>(here, 'relay', ...words))
    return { url: ready.url, joined: [], next: null }
  }
  /** Gives the server for another try: the same one once a peer of this mesh has its port, which is shared. */
  const after = async (server: Server): Promise<Server> => {
    const joined = await Promise.allSettled(server.joined)
    if (joined.some(({ status }) => status === 'fulfilled')) return server
    server.next ??= begin()
    return server.next
  }
  let now = await begin()
  return {
    url: () => now.url,
    join: async (up) => {
      for (let tries = 1; ; tries++) {
        const server = now
        const joining = up(server.url)
        server.joined.push(joining)
        try {
          return await joining
        } catch (thrown) {
          if (tries === JOIN_TRIES_MAX || !String(thrown).includes('RIPPLE_PORT_TAKEN')) throw thrown
          now = await after(server)
        }
      }
    },
  }
}
