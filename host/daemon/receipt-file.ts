import type { Dht } from '../dht/port.ts'
import { RippleError } from '../errors/ripple-error.ts'
import type { TaskView } from '../mesh/view.ts'
import type { Parts } from './parts.ts'

/** Makes the receipt of an accepted task, payload and output revealed. */
export async function makeReceipt(view: TaskView, _parts: Parts, _signal: AbortSignal): Promise<Uint8Array> {
  throw new RippleError('RIPPLE_INTERNAL', { detail: `no receipt for ${view.task}` })
}

/** Looks for siblings. */
export async function siblingsOf(_receipt: Uint8Array, _dht: Dht, _signal: AbortSignal): Promise<string[]> {
  return []
}
