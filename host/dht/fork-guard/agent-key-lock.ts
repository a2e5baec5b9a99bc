/** Locks the key that a data folder writes with. */
import { readFile, writeFile } from 'node:fs/promises'
import { RippleError } from '../../errors/ripple-error.ts'
import type { AgentKey } from '../../types/events.ts'
import { ChainHeadStore } from './chain-head-store.ts'

/** The key that a data folder writes with, locked for this daemon. */
export class AgentKeyLock implements Disposable {
  readonly #folder: string
  readonly #file: string
  #book: ChainHeadStore | null = null

  private constructor(folder: string, file: string) {
    this.#folder = folder
    this.#file = file
  }

  /**
   * Locks the key that the data folder used last, before its conductor starts and shows itself to others. `folder` holds
   * the books of all keys; `file` names the data folder's own key. Rejects with `RIPPLE_KEY_IN_USE`,
   * `RIPPLE_FILE_UNREADABLE`.
   */
  static async open(folder: string, file: string): Promise<AgentKeyLock> {
    const own = new AgentKeyLock(folder, file)
    const agent = await own.last()
    if (agent !== null) own.#book = ChainHeadStore.open(folder, agent)
    return own
  }

  /** Returns the key that the data folder used last; null for a new folder. */
  async last(): Promise<AgentKey | null> {
    const text = (await readFile(this.#file, 'utf8').catch(() => '')).trim()
    return /^uhCAk[0-9A-Za-z_-]{48}$/.test(text) ? text : null
  }

  /** Locks the conductor's key, and notes it in the data folder. Rejects as `open` does. */
  async use(agent: AgentKey): Promise<void> {
    if (this.#book?.agent !== agent) {
      const book = ChainHeadStore.open(this.#folder, agent)
      this.#book?.[Symbol.dispose]()
      this.#book = book
    }
    if ((await this.last()) !== agent) await writeFile(this.#file, `${agent}\n`, { mode: 0o600 })
  }

  /** The chain head store of the key. Throws `RIPPLE_INTERNAL` before a key is known. */
  get book(): ChainHeadStore {
    if (this.#book === null) throw new RippleError('RIPPLE_INTERNAL', { detail: 'no key is in use' })
    return this.#book
  }

  [Symbol.dispose](): void {
    this.#book?.[Symbol.dispose]()
  }
}
