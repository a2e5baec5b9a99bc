/** Tells a person who waits for a task what that waits for. */
import { setTimeout as sleep } from 'node:timers/promises'
import { whyView } from '../operations/views.ts'
import { waitingText } from '../operations/waiting-text.ts'
import type { Client } from './client.ts'
import type { Printer } from './print.ts'

/** After how long a task may need a word on what it waits for, and how often that is looked up, in milliseconds. */
const ASK_WHY_MS = 3_000

/**
 * Says on standard error what a task waits for while nobody has it, and again only when that has changed, until the signal aborts.
 * Nothing depends on it: where the daemon knows no such task, nothing is said.
 */
export async function tellWaiting(
  client: Pick<Client, 'call'>,
  key: string,
  print: Printer,
  signal: AbortSignal,
): Promise<void> {
  let said: string | null = null
  try {
    for (;;) {
      await sleep(ASK_WHY_MS, undefined, { signal })
      const text = waitingText(whyView.parse(await client.call('task.why', { id: key }, signal)))
      if (text !== null && text !== said) print.note(text)
      said = text
    }
  } catch {
    // The answer comes by the request itself, with what is wrong.
  }
}
