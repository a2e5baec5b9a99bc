/** Evaluates policies in a thread of their own. */
import { MessageChannel, type MessagePort, receiveMessageOnPort, Worker } from 'node:worker_threads'
import { policyLimits } from '../limits/policy.ts'
import type { Json } from '../types/json.ts'
import type { EvaluatorReply, EvaluatorRequest, ThreadData } from './evaluator-messages.ts'

/** A policy that can be evaluated. */
export interface Runnable {
  /** sha256 of the wasm, lower-case hex. */
  readonly digest: string
  readonly bytes: Uint8Array
}

/** The reason why a policy gave no answer. */
export type Failure = 'policy_corrupt' | 'policy_failed' | 'policy_slow' | 'policy_busy'

/** The outcome of asking a policy. */
export type Outcome =
  | { readonly ok: true; readonly value: unknown }
  | { readonly ok: false; readonly code: Failure; readonly detail: string }

/** The bounds of an evaluator. */
export type EvaluatorBounds = Pick<
  typeof policyLimits,
  'policy_load_ms' | 'policy_loaded_max' | 'policy_memory_pages_max' | 'policy_answer_bytes_max'
> & {
  readonly policy_decide_ms: number
  readonly policy_waiting_max: number
  readonly policy_wait_ms: number
  readonly policy_rest_ms: number
}

interface Asked {
  readonly policy: Runnable
  readonly entry: string
  readonly input: Json
  readonly since: number
  readonly resolve: (outcome: Outcome) => void
}

interface Thread {
  readonly worker: Worker
  readonly port: MessagePort
  /** The digests of its compiled policies. */
  readonly loaded: Set<string>
  /** The reason why it ended; null while it lives. */
  ended: string | null
}

/**
 * Evaluates policies in a separate thread, one after the other. A too slow evaluation ends with its thread, so that no
 * policy can block the daemon. The first question starts the thread, and the next question after an end starts another.
 */
export class Evaluator implements AsyncDisposable {
  readonly #bounds: EvaluatorBounds
  readonly #waiting: Asked[] = []
  /** The end of each policy's pause, by digest. */
  readonly #resting = new Map<string, number>()
  #thread: Thread | null = null
  #working = false
  #closed = false

  constructor(bounds: EvaluatorBounds = policyLimits) {
    this.#bounds = bounds
  }

  /** Asks a policy; it never rejects. `entry` is the rule's path, such as `ripple/post/decision`. */
  ask(policy: Runnable, entry: string, input: Json): Promise<Outcome> {
    if (this.#closed) return Promise.resolve(failed('policy_failed', 'the daemon stops'))
    if (this.#waiting.length >= this.#bounds.policy_waiting_max)
      return Promise.resolve(failed('policy_busy', `${this.#waiting.length} decisions are waiting`))
    return new Promise((resolve) => {
      this.#waiting.push({ policy, entry, input, since: performance.now(), resolve })
      void this.#work()
    })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closed = true
    for (const asked of this.#waiting.splice(0)) asked.resolve(failed('policy_failed', 'the daemon stops'))
    await this.#end('the daemon stops')
  }

  async #work(): Promise<void> {
    if (this.#working) return
    this.#working = true
    for (let next = this.#waiting.shift(); next; next = this.#waiting.shift())
      // Without a thread the decision is a no, and the next one tries to start a thread again.
      next.resolve(await this.#evaluate(next).catch((thrown) => failed('policy_failed', String(thrown))))
    this.#working = false
  }

  async #evaluate({ policy, entry, input, since }: Asked): Promise<Outcome> {
    const { policy_wait_ms, policy_load_ms, policy_decide_ms } = this.#bounds
    const waited = Math.round(performance.now() - since)
    if (waited > policy_wait_ms) return failed('policy_busy', `it waited for ${waited} ms`)
    const { digest, bytes } = policy
    if (performance.now() < (this.#resting.get(digest) ?? 0))
      return failed('policy_slow', 'it was too slow a moment ago')
    if (this.#thread?.ended !== null || this.#isFull(digest)) await this.#start()
    if (!this.#thread?.loaded.has(digest)) {
      const load = await this.#exchange({ type: 'load', digest, bytes }, policy_load_ms)
      if (!load.ok) return load
      this.#thread?.loaded.add(digest)
    }
    return this.#exchange({ type: 'ask', digest, entry, input }, policy_decide_ms)
  }

  /** Whether the thread has as many policies as it may have. A new thread also drops the policies of old files. */
  #isFull(digest: string): boolean {
    const { loaded } = this.#thread ?? {}
    return loaded !== undefined && !loaded.has(digest) && loaded.size >= this.#bounds.policy_loaded_max
  }

  /** Starts a thread. Rejects if the machine cannot start one. */
  async #start(): Promise<void> {
    await this.#end('it is replaced')
    const { port1, port2 } = new MessageChannel()
    const { policy_memory_pages_max: pages_max, policy_answer_bytes_max: answer_bytes_max } = this.#bounds
    const workerData: ThreadData = { port: port2, pages_max, answer_bytes_max }
    const worker = new Worker(new URL('./evaluate-main.mjs', import.meta.url), {
      workerData,
      transferList: [port2],
      // The thread gets only necessary data: no environment, no flags, no terminal.
      env: {},
      argv: [],
      execArgv: [],
      stdout: true,
      stderr: true,
      resourceLimits: { maxOldGenerationSizeMb: policyLimits.policy_thread_mib_max },
    })
    worker.stdout.resume()
    worker.stderr.resume()
    const thread: Thread = { worker, port: port1, loaded: new Set(), ended: null }
    const ended = (why: string) => {
      thread.ended ??= why
      port1.close()
    }
    worker.once('error', (error) => ended(String(error)))
    worker.once('exit', (code) => ended(`its thread ended with ${code}`))
    // A command with its answers does not wait for the thread. An open question has a timer that keeps the process alive.
    worker.unref()
    port1.unref()
    this.#thread = thread
  }

  async #end(why: string): Promise<void> {
    const thread = this.#thread
    if (!thread) return
    this.#thread = null
    thread.ended ??= why
    await thread.worker.terminate()
  }

  /** Sends a message to the thread and waits for its answer. A late answer ends the thread. */
  async #exchange(word: EvaluatorRequest, ms: number): Promise<Outcome> {
    const thread = this.#thread
    if (!thread || thread.ended !== null) return failed('policy_failed', thread?.ended ?? 'its thread ended')
    const reply = await replyOf(thread, word, ms)
    if (reply !== 'late') return reply
    this.#rest(word.digest)
    await this.#end('it was too slow')
    return failed('policy_slow', `no answer in ${ms} ms`)
  }

  #rest(digest: string): void {
    const now = performance.now()
    for (const [other, until] of this.#resting) if (until <= now) this.#resting.delete(other)
    this.#resting.set(digest, now + this.#bounds.policy_rest_ms)
  }
}

function replyOf({ port }: Thread, word: EvaluatorRequest, ms: number): Promise<Outcome | 'late'> {
  return new Promise((resolve) => {
    const done = (outcome: Outcome | 'late') => {
      clearTimeout(timer)
      port.off('message', onMessage)
      port.off('close', onClose)
      resolve(outcome)
    }
    const onMessage = (reply: EvaluatorReply) => done(reply)
    const onClose = () => done(failed('policy_failed', 'its thread ended'))
    // If this thread was held up, the answer may be here without having been read.
    const timer = setTimeout(() => done(receiveMessageOnPort(port)?.message ?? 'late'), ms)
    port.on('message', onMessage)
    port.on('close', onClose)
    port.postMessage(word)
  })
}

function failed(code: Failure, detail: string): Outcome {
  return { ok: false, code, detail }
}
