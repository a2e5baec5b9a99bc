/** Calls operations of the daemon from views, and reads them again when their subject changes. */
import { type Signal, useSignal } from '@preact/signals'
import { useEffect, useRef } from 'preact/hooks'
import { pageLimits } from '../../limits/page.ts'
import { catalogue, type EventKind, type EventName } from '../../telemetry/catalogue.ts'
import { type AnswerOf, call, type InputOf, inTime, type OperationName } from '../daemon/call.ts'
import type { Trouble } from '../daemon/refusal.ts'
import { link, useEvents } from './live.ts'
import { key, refused } from './session.ts'

/** The answer of an operation that only reads, as far as it is known. */
export interface Read<T> {
  /** The newest answer; null before the first. It stays while a later call fails. */
  readonly value: T | null
  /** The error of the last call; null if it was answered. */
  readonly trouble: Trouble | null
  /** Whether a call is under way. */
  readonly busy: boolean
  /** Reads it again now. */
  again(): void
}

/** Events of how far something is. They change nothing but its own figures, so a kind does not include them. */
const progress: readonly string[] = ['chat_text', 'model_progress'] satisfies EventName[]

/**
 * Reads an operation, and reads it again after an event of these kinds or names, at most once in `page_read_pause_ms`, and
 * whenever the link with the daemon is back. Events of progress count only by name. A null input reads nothing.
 */
export function useRead<N extends OperationName>(
  name: N,
  input: InputOf<N> | null,
  about: readonly (EventKind | EventName)[] = [],
): Read<AnswerOf<N>> {
  const [value, trouble, busy] = [
    useSignal<AnswerOf<N> | null>(null),
    useSignal<Trouble | null>(null),
    useSignal(false),
  ]
  const reader = useRef<Reader | null>(null)
  const asked = JSON.stringify(input)
  useEffect(() => {
    value.value = null
    if (input === null) return
    const mine = new Reader(async () => {
      if (key.value === null) return
      busy.value = true
      try {
        const answer = await inTime((signal) => call(name, input, key.value, signal))
        if (reader.current !== mine) return
        value.value = answer
        trouble.value = null
      } catch (thrown) {
        if (reader.current === mine) trouble.value = refused(thrown)
      } finally {
        busy.value = false
      }
    })
    reader.current = mine
    mine.now()
    return () => {
      mine.end()
      reader.current = null
    }
  }, [name, asked])
  useEvents((event) => {
    if (event.type === 'reset' || about.some((one) => isOf(event.type, one))) reader.current?.soon()
  })
  const isOpen = link.value === 'open'
  useEffect(() => {
    if (isOpen) reader.current?.soon()
  }, [isOpen])
  return { value: value.value, trouble: trouble.value, busy: busy.value, again: () => reader.current?.now() }
}

function isOf(name: EventName, about: EventKind | EventName): boolean {
  return about === name || (about === catalogue[name].kind && !progress.includes(name))
}

/** Runs one reading at a time, and once more after it if it was called meanwhile. */
class Reader {
  readonly #read: () => Promise<void>
  #timer: ReturnType<typeof setTimeout> | null = null
  #running = false
  #isCalled = false

  constructor(read: () => Promise<void>) {
    this.#read = read
  }

  soon(): void {
    this.#timer ??= setTimeout(() => this.now(), pageLimits.page_read_pause_ms)
  }

  now(): void {
    if (this.#timer) clearTimeout(this.#timer)
    this.#timer = null
    this.#isCalled = true
    if (!this.#running) void this.#run()
  }

  end(): void {
    if (this.#timer) clearTimeout(this.#timer)
  }

  async #run(): Promise<void> {
    this.#running = true
    while (this.#isCalled) {
      this.#isCalled = false
      await this.#read()
    }
    this.#running = false
  }
}

/** An operation that a person starts, with its last outcome. */
export interface Action<N extends OperationName> {
  readonly busy: boolean
  readonly trouble: Trouble | null
  readonly value: AnswerOf<N> | null
  /** Calls the operation, and waits for it as long as it takes. Resolves to null if it failed or was stopped. */
  run(input: InputOf<N>): Promise<AnswerOf<N> | null>
  /** Stops waiting, which cancels an operation that waits for its work. */
  stop(): void
}

/**
 * Returns an operation to be started by a person, one call at a time. It is stopped when the component goes. After each call
 * `changed` is read again. It is read after a failure too, because the failure may come from an answer that is out of date.
 */
export function useAction<N extends OperationName>(name: N, changed?: Read<unknown>): Action<N> {
  const [busy, trouble] = [useSignal(false), useSignal<Trouble | null>(null)]
  const value: Signal<AnswerOf<N> | null> = useSignal<AnswerOf<N> | null>(null)
  const running = useRef<AbortController | null>(null)
  useEffect(() => () => running.current?.abort(), [])
  const run = async (input: InputOf<N>): Promise<AnswerOf<N> | null> => {
    if (running.current) return null
    const mine = new AbortController()
    running.current = mine
    busy.value = true
    trouble.value = null
    try {
      value.value = await call(name, input, key.value, mine.signal)
      return value.value
    } catch (thrown) {
      if (!mine.signal.aborted) trouble.value = refused(thrown)
      return null
    } finally {
      running.current = null
      busy.value = false
      changed?.again()
    }
  }
  const stop = (): void => running.current?.abort()
  return { busy: busy.value, trouble: trouble.value, value: value.value, run, stop }
}
