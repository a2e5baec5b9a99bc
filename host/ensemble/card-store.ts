import { mkdir, readdir, readFile, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { writeAtomic } from '../api/state-file.ts'
import { limits } from '../limits.ts'
import { cardDigest, cardText, type ScoreCard, type SignedCard } from './score-card.ts'
import { type Signer, verifyCard } from './sign-card.ts'

const fileName = /^score-\d{15}-[0-9a-f]{12}\.json$/

/** This machine's score cards, a file each; the newest `limits.score_cards_max` are kept. */
export class CardStore {
  readonly #folder: string
  readonly #own: Pick<Signer, 'agent' | 'public_key'>

  constructor(folder: string, own: Pick<Signer, 'agent' | 'public_key'>) {
    this.#folder = folder
    this.#own = own
  }

  /** Writes a card, on disk when it resolves with its path. */
  async add(signed: SignedCard): Promise<string> {
    await mkdir(this.#folder, { recursive: true, mode: 0o700 })
    const at = String(signed.card.at).padStart(15, '0')
    const file = join(this.#folder, `score-${at}-${cardDigest(signed.card).slice(0, 12)}.json`)
    await writeAtomic(file, cardText(signed))
    for (const old of (await this.#names()).slice(0, -limits.score_cards_max))
      await rm(join(this.#folder, old), { force: true })
    return file
  }

  /** Cards that this machine's own keys vouch for and whose signatures hold, oldest first. Whatever else lies there is passed over. */
  async list(): Promise<ScoreCard[]> {
    const cards = await Promise.all((await this.#names()).map((name) => this.#read(name)))
    return cards.filter((card) => card !== null)
  }

  async #read(name: string): Promise<ScoreCard | null> {
    const file = join(this.#folder, name)
    try {
      if ((await stat(file)).size > limits.score_card_bytes_max) return null
      const { card, signed } = await verifyCard(file, await readFile(file))
      return card.agent === this.#own.agent && signed.public_key === this.#own.public_key ? card : null
    } catch {
      return null
    }
  }

  async #names(): Promise<string[]> {
    const all = await readdir(this.#folder).catch(() => [])
    return all.filter((name) => fileName.test(name)).sort()
  }
}
