/** Prints an answer while it is generated. */
import { setTimeout as sleep } from 'node:timers/promises'
import type { CompletionEvent } from '../api/openai/completion-answer.ts'
import { type ErrorBody, RippleError } from '../errors/ripple-error.ts'
import type { CompletionCall } from '../operations/present.ts'
import { originNotes } from '../operations/text.ts'
import { type Client, errorOf } from './client.ts'
import { eventData, followTask } from './follow.ts'
import type { Printer } from './print.ts'

/** Milliseconds of silence before an answer, after which its progress is shown. */
const SILENT_MS = 1_000

/**
 * Asks a model, and prints the answer on standard output as it comes, then its origin. The progress of a slow answer goes to
 * standard error. Rejects with the daemon's error, and with `RIPPLE_NO_DAEMON` if the answer breaks off.
 */
export async function printAnswer(
  client: Pick<Client, 'completion' | 'events' | 'call'>,
  asked: CompletionCall,
  print: Printer,
  signal: AbortSignal,
): Promise<void> {
  let last = '\n'
  let isWhole = false
  const endLine = (): void => {
    if (!last.endsWith('\n')) print.data('\n')
    last = '\n'
  }
  const { key, events } = await client.completion(asked, signal)
  const silence = new AbortController()
  const told = showSilence(client, key, print, AbortSignal.any([silence.signal, signal]))
  try {
    for await (const data of eventData(events)) {
      // The stream is read to its end, which releases the connection.
      isWhole = data === '[DONE]'
      if (isWhole) continue
      const { model, choices, ripple } = readEvent(data)
      for (const { text, finish_reason } of choices) {
        if (text !== '') silence.abort()
        print.data(text)
        last = text || last
        if (finish_reason !== null) endLine()
        if (finish_reason === 'length')
          print.note('cut off at the limit of its tokens: --max-tokens, or the rest of the context')
      }
      if (ripple) for (const line of originNotes({ model, ...ripple })) print.note(line)
    }
  } finally {
    silence.abort()
    await told
    endLine()
  }
  if (!isWhole) throw new RippleError('RIPPLE_INTERNAL', { detail: 'the answer has no end' })
}

/** Shows the progress of an answer after `SILENT_MS`, until the signal aborts. */
async function showSilence(
  client: Pick<Client, 'events' | 'call'>,
  key: string,
  print: Printer,
  signal: AbortSignal,
): Promise<void> {
  const isLong = await sleep(SILENT_MS, true, { signal }).catch(() => false)
  if (isLong) await followTask(client, key, print, signal, { pieces: false })
}

function readEvent(data: string): CompletionEvent {
  const event: CompletionEvent | ErrorBody = JSON.parse(data)
  if ('error' in event) throw errorOf(event)
  return event
}
