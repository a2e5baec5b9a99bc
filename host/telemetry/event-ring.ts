/** Keeps the last events of one kind for clients that return. */
import { limits } from '../limits.ts'
import type { StreamEvent } from './catalogue.ts'

/** An event with its place in the stream, from 1 while the daemon lives. */
export interface PlacedEvent {
  readonly place: number
  readonly event: StreamEvent
}

/** The last events of one kind, bounded in number and in bytes: peers decide how long some of them are. */
export class EventRing {
  readonly #kept: (PlacedEvent & { readonly bytes: number })[] = []
  readonly #max: number
  #bytes = 0
  #lost = 0

  /** Sets the most events that it keeps. */
  constructor(max: number) {
    this.#max = max
  }

  /** The place of the last event that is not kept any more; 0 if all are. */
  get lost(): number {
    return this.#lost
  }

  push({ place, event }: PlacedEvent): void {
    const bytes = Buffer.byteLength(JSON.stringify(event))
    this.#kept.push({ place, event, bytes })
    this.#bytes += bytes
    while (this.#kept.length > this.#max || this.#bytes > limits.events_kept_bytes_max) {
      const oldest = this.#kept.shift()
      this.#bytes -= oldest?.bytes ?? 0
      this.#lost = oldest?.place ?? this.#lost
    }
  }

  /** Returns the kept events after a place. */
  after(place: number): readonly PlacedEvent[] {
    return this.#kept.filter((one) => one.place > place)
  }
}
