/** Shows the steps of a task while a command waits. */
import { createParser } from 'eventsource-parser'
import { requestEvent } from '../telemetry/request-event.ts'
import type { Client } from './client.ts'
import type { Printer } from './print.ts'
import { showWaitingFor } from './show-waiting-for.ts'

/**
 * Shows a task's steps and reasons for waiting on standard error until the signal aborts, and the pieces of its answer if
 * `pieces` is set. A broken stream only ends the display: the answer comes by the request itself.
 */
export async function followTask(
  client: Pick<Client, 'events' | 'call'>,
  key: string,
  print: Printer,
  signal: AbortSignal,
  { pieces = true } = {},
): Promise<void> {
  const waiting = showWaitingFor(client, key, print, signal)
  try {
    const stream = await client.events(pieces ? ['tasks', 'text'] : ['tasks'], signal)
    for await (const data of eventData(stream)) {
      const { success, data: event } = requestEvent.safeParse(JSON.parse(data))
      if (!success || event.task_key !== key) continue
      if (event.type === 'task_text') print.piece(event.text)
      else if (event.type === 'task_note') print.note(event.text)
      else print.note(`${event.state}${event.peer === null ? '' : ` (${event.peer.slice(0, 14)}…)`}`)
    }
  } catch {
    // Nothing depends on the stream.
  }
  await waiting
}

/** Yields the data of each server-sent event. */
export async function* eventData(stream: AsyncIterable<Uint8Array>): AsyncGenerator<string> {
  const whole: string[] = []
  const parser = createParser({ onEvent: ({ data }) => void whole.push(data) })
  const decoder = new TextDecoder()
  for await (const piece of stream) {
    parser.feed(decoder.decode(piece, { stream: true }))
    yield* whole.splice(0)
  }
}
