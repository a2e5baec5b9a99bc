/** Tells a person why a task is still waiting. */
import { setTimeout as sleep } from 'node:timers/promises'
import { callOperation } from '../operations/remote.ts'
import { taskWhy } from '../operations/task/shape.ts'
import { waitingText } from '../operations/waiting-text.ts'
import type { Client } from './client.ts'
import type { Printer } from './print.ts'

/** Milliseconds before each look-up of the reason why a task waits. */
const ASK_WHY_MS = 3_000

/**
 * Prints on standard error why a task without a worker waits, until the signal aborts. It prints a reason again only when it has
 * changed. A failure, such as an unknown task, ends it without a message.
 */
export async function showWaitingFor(
  client: Pick<Client, 'call'>,
  key: string,
  print: Printer,
  signal: AbortSignal,
): Promise<void> {
  let said: string | null = null
  try {
    for (;;) {
      await sleep(ASK_WHY_MS, undefined, { signal })
      const text = waitingText(await callOperation(client, taskWhy, { id: key }, signal))
      if (text !== null && text !== said) print.note(text)
      said = text
    }
  } catch {
    // The request itself gets the answer or the error.
  }
}
