/** Keeps chats in a SQLite file that its owner alone can read. */
import { chmodSync } from 'node:fs'
import { DatabaseSync, type SQLInputValue } from 'node:sqlite'
import { refuseNewerDatabase } from '../config/database-version.ts'
import { messageOf } from '../errors/message-of.ts'
import { RippleError, toRippleError } from '../errors/ripple-error.ts'
import { inTransaction } from '../files/in-transaction.ts'
import { type Chat, type ChatAnswer, type ChatTurn, chatAnswer, chatSettings } from '../types/chat.ts'

/** The version of the file's format. Each change raises it, so that older versions leave the file alone. */
const CHATS_VERSION = 1

/** SQLite's result codes for damage. */
const damage: readonly number[] = [11, 26]

/** A chat without its messages. */
export type ChatHead = Omit<Chat, 'turns'>
/** A message without its answers. */
export type Message = Omit<ChatTurn, 'answers'>

const tables = `
  CREATE TABLE IF NOT EXISTS chats (id TEXT PRIMARY KEY, title TEXT, created_at INTEGER, changed_at INTEGER, settings TEXT) STRICT;
  CREATE TABLE IF NOT EXISTS turns (id TEXT PRIMARY KEY, chat TEXT, place INTEGER, at INTEGER, text TEXT, follows TEXT) STRICT;
  CREATE TABLE IF NOT EXISTS answers (id TEXT PRIMARY KEY, chat TEXT, turn TEXT, place INTEGER, state TEXT, body TEXT) STRICT;
  CREATE INDEX IF NOT EXISTS turns_of ON turns (chat, place);
  CREATE INDEX IF NOT EXISTS answers_of ON answers (chat, place);
  PRAGMA user_version=${CHATS_VERSION};
`

type Row = Readonly<Record<string, unknown>>

/** The file of chats. Removed text is overwritten. Each change is on the disk once its method returns. */
export class ChatStore implements Disposable {
  readonly #db: DatabaseSync
  readonly #file: string

  /** Opens the file. Throws `RIPPLE_CHATS_DAMAGED`, `RIPPLE_DATA_NEWER`, `RIPPLE_DISK_FULL`. */
  constructor(file: string) {
    this.#file = file
    refuseNewerDatabase(file, CHATS_VERSION)
    this.#db = new DatabaseSync(file)
    try {
      this.#guard(() => {
        if (file !== ':memory:') chmodSync(file, 0o600)
        this.#db.exec('PRAGMA journal_mode=DELETE; PRAGMA secure_delete=ON;')
        this.#db.exec(tables)
      })
    } catch (thrown) {
      this.#db.close()
      throw thrown
    }
  }

  /** Returns all chats, the last changed first, with the number of their messages. */
  heads(): readonly (ChatHead & { readonly messages: number })[] {
    const rows = this.#all(
      'SELECT *, (SELECT count(*) FROM turns WHERE chat = chats.id) AS messages FROM chats ORDER BY changed_at DESC',
    )
    return rows.map((row) => ({ ...headOf(row), messages: Number(row.messages) }))
  }

  /** Returns the ids that begin with a text, two at most. */
  beginning(id: string): readonly string[] {
    const rows = this.#all('SELECT id FROM chats WHERE substr(id, 1, ?) = ? LIMIT 2', id.length, id)
    return rows.map((row) => String(row.id))
  }

  count(): number {
    return Number(this.#all('SELECT count(*) AS n FROM chats')[0]?.n)
  }

  /** Reads a chat; null if there is none of that id. */
  read(id: string): Chat | null {
    const [row] = this.#all('SELECT * FROM chats WHERE id = ?', id)
    if (row === undefined) return null
    const answers = this.#all('SELECT turn, body FROM answers WHERE chat = ? ORDER BY place', id)
    const turns = this.#all('SELECT * FROM turns WHERE chat = ? ORDER BY place', id).map((turn) => ({
      ...messageIn(turn),
      answers: answers.filter((one) => one.turn === turn.id).map((one) => answerOf(String(one.body))),
    }))
    return { ...headOf(row), turns }
  }

  /** Writes a chat's head, new or changed. */
  putHead({ id, title, created_at, changed_at, settings }: ChatHead): void {
    const how =
      'INSERT INTO chats VALUES (?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET changed_at = excluded.changed_at, settings = excluded.settings, title = excluded.title'
    this.#run(how, id, title, created_at, changed_at, JSON.stringify(settings))
  }

  /** Writes a message, new or changed. */
  putMessage(chat: string, place: number, { id, at, text, follows }: Message): void {
    const how =
      'INSERT INTO turns VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET text = excluded.text, at = excluded.at'
    this.#run(how, id, chat, place, at, text, follows)
  }

  /** Writes an answer, new or changed. */
  putAnswer(chat: string, turn: string, place: number, answer: ChatAnswer): void {
    const how =
      'INSERT INTO answers VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET state = excluded.state, body = excluded.body'
    this.#run(how, answer.id, chat, turn, place, answer.state, JSON.stringify(answer))
  }

  /** Removes a message's answers, and the messages after it with theirs. */
  removeAfter(chat: string, message: string): void {
    const later = 'SELECT id FROM turns WHERE chat = ?1 AND place >= (SELECT place FROM turns WHERE id = ?2)'
    this.#run(`DELETE FROM answers WHERE turn IN (${later})`, chat, message)
    this.#run(`DELETE FROM turns WHERE id IN (${later}) AND id != ?2`, chat, message)
  }

  removeChat(id: string): void {
    this.together(() => {
      this.#run('DELETE FROM answers WHERE chat = ?', id)
      this.#run('DELETE FROM turns WHERE chat = ?', id)
      this.#run('DELETE FROM chats WHERE id = ?', id)
    })
  }

  /** Marks the answers that were under way when the last daemon ended as cut off. */
  markCutOff(): void {
    const rows = this.#all("SELECT chat, turn, place, body FROM answers WHERE state = 'running'")
    for (const { chat, turn, place, body } of rows)
      this.putAnswer(String(chat), String(turn), Number(place), {
        ...answerOf(String(body)),
        state: 'cut_off',
      })
  }

  /** Makes changes that are written all or none. */
  together(change: () => void): void {
    this.#guard(() => inTransaction(this.#db, change))
  }

  [Symbol.dispose](): void {
    this.#db.close()
  }

  #all(how: string, ...values: SQLInputValue[]): readonly Row[] {
    return this.#guard(() => this.#db.prepare(how).all(...values))
  }

  #run(how: string, ...values: SQLInputValue[]): void {
    this.#guard(() => this.#db.prepare(how).run(...values))
  }

  #guard<T>(work: () => T): T {
    try {
      return work()
    } catch (thrown) {
      const { errcode = 0 } = thrown as { errcode?: number }
      if (!damage.includes(errcode & 0xff)) throw toRippleError(thrown)
      const facts = { file: this.#file, detail: messageOf(thrown) }
      throw new RippleError('RIPPLE_CHATS_DAMAGED', facts, { cause: thrown })
    }
  }
}

function headOf(row: Row): ChatHead {
  return {
    id: String(row.id),
    title: String(row.title),
    created_at: Number(row.created_at),
    changed_at: Number(row.changed_at),
    settings: chatSettings.parse(JSON.parse(String(row.settings))),
  }
}

function messageIn(row: Row): Message {
  const { id, at, text, follows } = row
  return {
    id: String(id),
    at: Number(at),
    text: String(text),
    follows: follows === null ? null : String(follows),
  }
}

function answerOf(body: string): ChatAnswer {
  return chatAnswer.parse(JSON.parse(body))
}
