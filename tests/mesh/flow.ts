/** Tasks that clients post while a mesh is in trouble, and what became of them. */
import { readFile } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import { messageOf } from '../../host/errors/message-of.ts'
import type { TaskView } from '../../host/operations/context.ts'
import { closedStates } from '../../host/operations/task/view.ts'
import type { Host } from './host.ts'
import type { Site } from './site.ts'

/**
 * Pause of a client between two posts, and between two looks at a task, in milliseconds. Five clients leave two cores time for
 * the five hosts.
 */
const POST_MS = 6_000
const LOOK_MS = 1_000

/** A task that `ripple task post` has confirmed. */
interface Posted {
  readonly host: Host
  readonly id: string
}

/** Clients that post, one on each of some hosts. */
export class Flow implements AsyncDisposable {
  readonly posted: Posted[] = []
  /** Posts that were refused, or that died with their host: it has promised nothing. */
  readonly refused: string[] = []
  readonly #site: Site
  readonly #ending = new AbortController()
  readonly #clients: readonly Promise<void>[]

  /** Begins to post, by `ripple task post` with these words. */
  constructor(site: Site, hosts: readonly Host[], words: readonly string[]) {
    this.#site = site
    this.#clients = hosts.map((host) => this.#client(host, words))
  }

  /** Posts no more, and resolves when the last posts have been answered. */
  async stop(): Promise<void> {
    this.#ending.abort()
    await Promise.all(this.#clients)
  }

  /** Resolves with the tasks that are not accepted, each with its state, once all have ended or `ms` are over. */
  async lost(ms: number): Promise<string[]> {
    const open = new Set(this.posted)
    const bad: string[] = []
    const over = performance.now() + ms
    while (open.size > 0 && performance.now() < over) {
      for (const one of open) {
        const state = await stateOf(one)
        if (!closedStates.has(state)) continue
        open.delete(one)
        if (state !== 'accepted') bad.push(`${one.host.name} ${one.id} is ${state}`)
      }
      await this.#site.rest(LOOK_MS)
    }
    const still = [...open].map(async (one) => `${one.host.name} ${one.id} is ${await stateOf(one)}`)
    return [...bad, ...(await Promise.all(still))]
  }

  /** The receipts of all accepted tasks, in base64. */
  async receipts(): Promise<string[]> {
    const paths = await Promise.all(this.posted.map(async (one) => (await show(one)).receipt))
    return Promise.all(paths.filter((path) => path !== null).map((path) => readFile(path, 'base64')))
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop()
  }

  async #client(host: Host, words: readonly string[]): Promise<void> {
    const { signal } = this.#ending
    for (let count = 1; !signal.aborted && !this.#site.signal.aborted; count += 1) {
      const prompt = ['--prompt', `Count, ${host.name} ${count}.`]
      await host.json<TaskView>('task', 'post', ...prompt, ...words).then(
        ({ id }) => this.posted.push({ host, id }),
        (thrown) => this.refused.push(`${host.name}: ${messageOf(thrown)}`),
      )
      await sleep(POST_MS, undefined, { signal }).catch(() => {})
    }
  }
}

function show({ host, id }: Posted): Promise<TaskView> {
  return host.call<TaskView>('task.show', { id })
}

async function stateOf(one: Posted): Promise<string> {
  return show(one).then(
    ({ state }) => state,
    () => 'unknown: its daemon does not answer',
  )
}

/** Whether every host has all events of these receipts, and none that speaks against them. */
export async function agree(hosts: readonly Host[], receipts: readonly string[]): Promise<boolean> {
  for (const base64 of receipts) {
    for (const host of hosts) {
      const answer = await host.call<{ findings: string[] }>('receipt.siblings', { base64 }).catch(() => null)
      if (answer?.findings.length !== 0) return false
    }
  }
  return true
}
