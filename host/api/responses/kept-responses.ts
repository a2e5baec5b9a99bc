/** Keeps answers of the Responses API in memory, so that a later request can go on with one by its id. */
import { limits } from '../../limits.ts'
import type { DataClass } from '../../types/data-class.ts'
import type { ChatMessage } from '../../types/inference.ts'
import type { Principal } from '../../types/principal.ts'

/** A response as it was answered. */
export interface ResponseBody {
  readonly id: string
  readonly output: readonly { readonly id: string }[]
}

/** A kept answer. */
export interface Kept {
  readonly body: ResponseBody
  /** All turns up to this answer and with it, without the instructions. */
  readonly messages: readonly ChatMessage[]
  /** The class of the request that it answered. */
  readonly data_class: DataClass
}

/** Keeps the newest answers in memory, within bounds. A caller finds only its own answers. */
export class KeptResponses {
  readonly #kept = new Map<string, Kept & { readonly bytes: number }>()
  #bytes = 0

  /** Keeps an answer, and drops the oldest ones beyond the bounds. */
  add(caller: Principal, kept: Kept): void {
    this.remove(caller, kept.body.id)
    const bytes = Buffer.byteLength(JSON.stringify(kept))
    this.#kept.set(keyOf(caller, kept.body.id), { ...kept, bytes })
    this.#bytes += bytes
    for (const [key, oldest] of this.#kept) {
      const isFull =
        this.#kept.size > limits.responses_kept_max || this.#bytes > limits.responses_kept_bytes_max
      if (!isFull) break
      this.#kept.delete(key)
      this.#bytes -= oldest.bytes
    }
  }

  /** Returns a caller's answer by its id; null without one. */
  find(caller: Principal, id: string): Kept | null {
    return this.#kept.get(keyOf(caller, id)) ?? null
  }

  /** Returns an item of a caller's answer by the item's own id, with the answer; null without one. */
  findItem(caller: Principal, id: string): { readonly kept: Kept; readonly item: object } | null {
    const kept = this.find(caller, id.replace(/^(msg|fc\d*)_/, 'resp_'))
    const item = kept?.body.output.find((one) => one.id === id)
    return kept && item ? { kept, item } : null
  }

  /** Removes a caller's answer, and returns whether there was one. */
  remove(caller: Principal, id: string): boolean {
    const key = keyOf(caller, id)
    this.#bytes -= this.#kept.get(key)?.bytes ?? 0
    return this.#kept.delete(key)
  }
}

function keyOf({ kind, name }: Principal, id: string): string {
  return JSON.stringify([kind, name, id])
}
