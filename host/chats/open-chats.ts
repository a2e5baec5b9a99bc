/** Opens the chats of this machine's owner. */
import { randomUUID } from 'node:crypto'
import { RippleError, toRippleError } from '../errors/ripple-error.ts'
import { limits } from '../limits.ts'
import type { Emit } from '../telemetry/events.ts'
import type { Chat, ChatAnswer, ChatTurn } from '../types/chat.ts'
import { plain } from '../types/text/plain-text.ts'
import type { Asking, Begun, Chats, NewMessage } from './port.ts'
import { askOf, daemonEnds, newAnswer, type RunNeeds, runAnswer } from './run-answer.ts'
import { ChatStore } from './store.ts'

/** The parts of the daemon that chats use. */
export interface ChatNeeds extends RunNeeds {
  /** The file of the chats; it is opened when they are first used. */
  readonly file: string
  readonly emit: Emit
}

/** The place of an answer in its chat. */
interface Place {
  readonly chat: string
  readonly turn: string
  readonly at: number
}

/** An answer that is under way. */
interface Running {
  readonly place: Place
  answer: ChatAnswer
  savedAt: number
  readonly ending: AbortController
  /** Resolves once its end is on the disk. */
  readonly ended: Promise<void>
}

/** Opens the chats. Disposing cuts off the answers that are under way, and writes them. */
export function openChats(needs: ChatNeeds): Chats & AsyncDisposable {
  return new DaemonChats(needs)
}

class DaemonChats implements Chats, AsyncDisposable {
  readonly #needs: ChatNeeds
  /** By the id of their chat. */
  readonly #running = new Map<string, Running>()
  #opened: ChatStore | null = null

  constructor(needs: ChatNeeds) {
    this.#needs = needs
  }

  get #store(): ChatStore {
    if (this.#opened === null) {
      const store = new ChatStore(this.#needs.file)
      store.markCutOff()
      this.#opened = store
    }
    return this.#opened
  }

  async list() {
    return this.#store.heads().map((head) => ({ ...head, running: this.#running.has(head.id) }))
  }

  async show(id: string): Promise<Chat> {
    const read = this.#read(id)
    const now = this.#running.get(read.id)?.answer
    if (now === undefined) return read
    const turns = read.turns.map((turn) => ({
      ...turn,
      answers: turn.answers.map((one) => (one.id === now.id ? now : one)),
    }))
    return { ...read, turns }
  }

  async send({ chat, text, follows, ...asking }: NewMessage): Promise<Begun> {
    const before = chat === null ? null : this.#free(chat)
    const turns = before?.turns ?? []
    if (before === null && this.#store.count() >= limits.chats_max)
      throw new RippleError('RIPPLE_CHAT_MANY', { max: limits.chats_max })
    if (turns.length >= limits.chat_turns_max) throw full('messages', limits.chat_turns_max)
    const answers = turns.at(-1)?.answers ?? []
    if (follows !== null && !answers.some(({ id }) => id === follows))
      throw new RippleError('RIPPLE_CHAT_UNKNOWN', { what: 'such answer', id: follows })
    const turn: ChatTurn = {
      ...{ id: randomUUID(), at: this.#now(), text, answers: [] },
      follows: follows ?? answers.at(-1)?.id ?? null,
    }
    return this.#begin(before, [...turns, turn], asking)
  }

  async retry(id: string, asking: Asking): Promise<Begun> {
    const before = this.#free(id)
    const most = limits.chat_answers_max
    if ((before.turns.at(-1)?.answers.length ?? 0) >= most) throw full('answers to one message', most)
    return this.#begin(before, before.turns, asking)
  }

  async edit(id: string, message: string, text: string, asking: Asking): Promise<Begun> {
    const before = this.#free(id)
    const at = before.turns.findIndex((turn) => turn.id === message)
    const turn = before.turns[at]
    if (turn === undefined) throw new RippleError('RIPPLE_CHAT_UNKNOWN', { what: 'message', id: message })
    const turns = [...before.turns.slice(0, at), { ...turn, text, at: this.#now(), answers: [] }]
    return this.#begin(before, turns, asking, () => this.#store.removeAfter(before.id, message))
  }

  async stop(id: string): Promise<boolean> {
    const running = this.#running.get(this.#idOf(id))
    running?.ending.abort()
    await running?.ended
    return running !== undefined
  }

  async remove(id: string) {
    const chat = this.#read(id)
    await this.stop(chat.id)
    this.#store.removeChat(chat.id)
    this.#needs.emit({ type: 'chat_changed', chat: chat.id })
    return { id: chat.id, title: chat.title }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const running = [...this.#running.values()]
    for (const { ending } of running) ending.abort(daemonEnds)
    await Promise.all(running.map(({ ended }) => ended))
    this.#opened?.[Symbol.dispose]()
  }

  /** Writes the last of the turns with a new answer, after the changes of `first`, and begins the answer. */
  #begin(before: Chat | null, turns: readonly ChatTurn[], asking: Asking, first = (): void => {}): Begun {
    const { settings, principal } = asking
    const turn = turns.at(-1)
    if (turn === undefined) throw new RippleError('RIPPLE_CHAT_UNKNOWN', { what: 'message', id: '' })
    if (charsIn(turns) > limits.chat_chars_max) throw full('characters', limits.chat_chars_max)
    this.#refuseMany()
    const chat = before?.id ?? randomUUID()
    const answer = newAnswer(randomUUID(), this.#now(), settings)
    const [begun] = turns
    const head = {
      id: chat,
      title: titleOf(begun?.text ?? ''),
      created_at: before?.created_at ?? answer.at,
      changed_at: answer.at,
      settings,
    }
    const place = { chat, turn: turn.id, at: turn.answers.length }
    this.#store.together(() => {
      first()
      this.#store.putHead(head)
      this.#store.putMessage(chat, turns.length - 1, turn)
      this.#store.putAnswer(chat, turn.id, place.at, answer)
    })
    this.#run(place, answer, askOf(turns, settings, principal))
    return { chat, message: turn.id, answer: answer.id }
  }

  #run(place: Place, answer: ChatAnswer, ask: ReturnType<typeof askOf>): void {
    const { emit } = this.#needs
    const { chat } = place
    const ending = new AbortController()
    const reader = {
      changed: (now: ChatAnswer): void => {
        running.answer = now
        emit({ type: 'chat_changed', chat })
      },
      piece: (now: ChatAnswer, offset: number, text: string): void => {
        running.answer = now
        emit({ type: 'chat_text', chat, answer: now.id, offset, text })
        if (this.#now() - running.savedAt >= limits.chat_save_ms) this.#save(running)
      },
    }
    const ended = runAnswer(this.#needs, answer, ask, reader, ending.signal).then((now) => {
      running.answer = now
      this.#save(running)
      this.#running.delete(chat)
      emit({ type: 'chat_changed', chat })
    })
    const running: Running = { place, answer, savedAt: answer.at, ending, ended }
    this.#running.set(chat, running)
    emit({ type: 'chat_changed', chat })
  }

  /** Writes an answer. If that fails, as on a full disk, the answer continues, and its text is shown until the daemon ends. */
  #save(running: Running): void {
    const { place, answer } = running
    running.savedAt = this.#now()
    try {
      this.#store.putAnswer(place.chat, place.turn, place.at, answer)
    } catch (thrown) {
      const { code, message: detail } = toRippleError(thrown)
      this.#needs.emit({ type: 'chat_unwritten', chat: place.chat, code, detail }, thrown)
    }
  }

  /** Returns a chat without an answer under way. Throws `RIPPLE_CHAT_UNKNOWN`, `RIPPLE_CHAT_RUNNING`. */
  #free(id: string): Chat {
    const chat = this.#read(id)
    if (this.#running.has(chat.id)) throw new RippleError('RIPPLE_CHAT_RUNNING', { id: chat.id })
    return chat
  }

  #refuseMany(): void {
    const { chat_answers_running_max: max, busy_retry_after_s: retry_after_s } = limits
    if (this.#running.size >= max)
      throw new RippleError('RIPPLE_BUSY', { what: 'the number of answers under way', max, retry_after_s })
  }

  /** Returns a chat by its id or an unambiguous beginning of it. Throws `RIPPLE_CHAT_UNKNOWN`. */
  #read(given: string): Chat {
    const chat = this.#store.read(this.#idOf(given))
    if (chat === null) throw unknown(given)
    return chat
  }

  #idOf(given: string): string {
    const [found, other] = this.#store.beginning(given)
    if (found === undefined || (other !== undefined && found !== given)) throw unknown(given)
    return found
  }

  #now(): number {
    return Math.round(this.#needs.clock.now())
  }
}

function unknown(id: string): RippleError {
  return new RippleError('RIPPLE_CHAT_UNKNOWN', { what: 'chat', id })
}

function full(what: string, max: number): RippleError {
  return new RippleError('RIPPLE_CHAT_FULL', { what, max })
}

function charsIn(turns: readonly ChatTurn[]): number {
  const texts = turns.flatMap(({ text, answers }) => [text, ...answers.map((one) => one.text)])
  return texts.reduce((sum, { length }) => sum + length, 0)
}

/** Returns the beginning of a message as one line. */
function titleOf(text: string): string {
  const most = limits.chat_title_chars_max
  // Two units for a character, and one more to see that there are more.
  const line = [...plain(text.slice(0, 2 * most + 1)).replace(/\s+/g, ' ')]
  return line.length > most ? `${line.slice(0, most - 1).join('')}…` : line.join('')
}
