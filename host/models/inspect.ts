import { fileURLToPath } from 'node:url'
import { RippleError } from '../errors/ripple-error.ts'
import { limits } from '../limits.ts'
import { forkProgram } from '../supervise/fork-program.ts'
import { type Inspected, type InspectRequest, inspectAnswer } from './inspect-words.ts'

/** How much later than its own deadline the process is ended, in milliseconds. */
const GRACE_MS = 2_000

/**
 * Reads the head of a model file, here or behind a URL, in a process of its own, and has node-llama-cpp estimate what the model
 * takes to run on the CPU. Rejects with `RIPPLE_MODEL_CORRUPT` and what was wrong, and with the signal's reason.
 */
export async function inspectModel(
  source: InspectRequest['source'],
  context_tokens: number,
  signal: AbortSignal,
): Promise<Inspected> {
  signal.throwIfAborted()
  const patience_ms = limits.model_inspect_ms
  const request: InspectRequest = { source, context_tokens, patience_ms }
  const main = fileURLToPath(new URL('./inspect-main.ts', import.meta.url))
  const child = forkProgram(main, request, { stderr: 'ignore' })
  const deadline = AbortSignal.timeout(patience_ms + GRACE_MS)
  const either = AbortSignal.any([signal, deadline])
  const kill = (): void => void child.kill('SIGKILL')
  either.addEventListener('abort', kill, { once: true })
  const { promise, resolve, reject } = Promise.withResolvers<Inspected>()
  child.once('message', (message) => {
    const answer = inspectAnswer.safeParse(message)
    if (!answer.success) return reject(unreadable(source.at, 'it answered in other words'))
    if (answer.data.type === 'failed') return reject(unreadable(source.at, answer.data.detail))
    const { type: _, ...found } = answer.data
    resolve(found)
  })
  child.once('error', (error) => reject(unreadable(source.at, error.message)))
  // Once all that it sent has been read, which 'exit' does not wait for.
  child.once('close', (code, ended) => {
    const how = deadline.aborted ? 'it took too long' : `its reader ended with ${ended ?? code}`
    reject(signal.aborted ? signal.reason : unreadable(source.at, how))
  })
  return promise.finally(() => either.removeEventListener('abort', kill))
}

function unreadable(file: string, detail: string): RippleError {
  return new RippleError('RIPPLE_MODEL_CORRUPT', { file, detail })
}
