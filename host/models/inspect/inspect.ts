/** Runs the process that reads the heads of model files. */

import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { messageOf } from '../../errors/message-of.ts'
import { RippleError } from '../../errors/ripple-error.ts'
import { limits } from '../../limits.ts'
import { forkProgram } from '../../processes/fork-program.ts'
import { watchStall } from '../stall.ts'
import {
  type HeadRead,
  type InspectAnswer,
  type Inspected,
  type InspectRequest,
  type InspectSource,
  inspectAnswer,
} from './inspect-words.ts'

/** Milliseconds between the process's own deadline and its kill. */
const GRACE_MS = 2_000

/**
 * Reads the head of a model file, here or behind a URL, in a process of its own. There, node-llama-cpp estimates the memory
 * that the model takes on the CPU. Rejects with `RIPPLE_MODEL_CORRUPT` and the fault, with `RIPPLE_MODEL_UNREAD` where the
 * process ended without an answer, and with the signal's reason.
 */
export async function inspectModel(
  source: InspectSource,
  context_tokens: number,
  signal: AbortSignal,
): Promise<Inspected> {
  const request = { type: 'fit', source, context_tokens, patience_ms: limits.model_inspect_ms } as const
  let said: InspectAnswer | null = null
  const ended = await ask(request, (answer) => (said ??= answer), signal)
  const answer = said as InspectAnswer | null
  if (answer?.type === 'failed') throw corrupt(source.at, answer.detail)
  if (answer?.type !== 'inspected') throw unread(source.at, ended)
  const { type: _, ...found } = answer
  return found
}

/**
 * Reads the heads of files in a process of its own, or in several where a file crashes one. Calls `onHead` for each file as
 * soon as its outcome is known. The outcome is `unread` where the process ended while it read the file, or could not be
 * started. Rejects with the signal's reason.
 */
export async function readHeads(
  files: readonly string[],
  signal: AbortSignal,
  onHead: (file: string, head: HeadRead) => void = () => {},
): Promise<Map<string, HeadRead>> {
  const heads = new Map<string, HeadRead>()
  const found = (file: string, head: HeadRead): void => {
    heads.set(file, head)
    onHead(file, head)
  }
  for (;;) {
    const missing = files.filter((file) => !heads.has(file)).slice(0, limits.model_heads_a_process)
    if (missing.length === 0) return heads
    let at: string | null = null
    const take = (answer: InspectAnswer): void => {
      if (answer.type === 'reading') at = answer.file
      if (answer.type !== 'read' || !missing.includes(answer.file)) return
      found(answer.file, answer.head)
      at = null
    }
    const request = { type: 'heads', files: missing, patience_ms: limits.model_inspect_ms } as const
    const ended = await ask(request, take, signal)
    // A process that has read no file at all would not read the next one either.
    const over = at !== null ? [at] : missing.some((file) => heads.has(file)) ? [] : missing
    for (const file of over) found(file, { type: 'unread', detail: ended })
  }
}

/** Returns the error of a file that is not a model. */
export function corrupt(file: string, detail: string): RippleError {
  return new RippleError('RIPPLE_MODEL_CORRUPT', { file, detail })
}

/** Returns the error of a file that could not be inspected, so that it may or may not be a model. */
export function unread(file: string, detail: string): RippleError {
  return new RippleError('RIPPLE_MODEL_UNREAD', { file, detail })
}

/**
 * Runs the reading process to its end. Returns how it ended, or why it could not be started. Kills the process where it is
 * silent for longer than one file may take. Its heap is bounded: the process believes a file's claims about itself, and may
 * die of them. Rejects with the signal's reason.
 */
async function ask(
  request: InspectRequest,
  onAnswer: (answer: InspectAnswer) => void,
  signal: AbortSignal,
): Promise<string> {
  signal.throwIfAborted()
  const main = fileURLToPath(new URL('./inspect-main.ts', import.meta.url))
  using stall = watchStall('the head of a model file', request.patience_ms + GRACE_MS, signal)
  const ended = new AbortController()
  try {
    const child = forkProgram(main, request, { stderr: 'ignore', heap_mib: limits.model_inspect_heap_mib })
    const kill = (): void => void child.kill('SIGKILL')
    stall.signal.addEventListener('abort', kill, { signal: ended.signal })
    child.on('message', (message) => {
      stall.touch()
      const answer = inspectAnswer.safeParse(message)
      if (answer.success) onAnswer(answer.data)
    })
    // `close` comes after all its messages have been read, which `exit` does not wait for. Rejects where it cannot be started.
    const [code, by] = await once(child, 'close')
    signal.throwIfAborted()
    if (stall.signal.aborted) return 'its head takes too long to read'
    return by === 'SIGABRT' ? 'its head takes too much memory' : `its reader ended with ${by ?? code}`
  } catch (thrown) {
    signal.throwIfAborted()
    return `its reader could not be started: ${messageOf(thrown)}`
  } finally {
    ended.abort()
  }
}
