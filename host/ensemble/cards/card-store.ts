/** Stores this machine's score cards as files. */
import { mkdir, readdir, readFile, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { writeAtomic } from '../../files/write-atomic.ts'
import { limits } from '../../limits.ts'
import type { ScoreCard, SignedCard } from '../../types/score-card.ts'
import { cardDigest, cardText } from './score-card.ts'
import { type Signer, verifyCard } from './sign-card.ts'

const fileName = /^score-\d{15}-[0-9a-f]{12}\.json$/

/** A file's parsed card, valid while its size and time of change stay. */
interface Read {
  readonly bytes: number
  readonly mtime_ms: number
  readonly card: ScoreCard | null
}

/** Stores this machine's score cards, a file each, and keeps the newest `limits.score_cards_max`. */
export class CardStore {
  readonly #folder: string
  readonly #own: Pick<Signer, 'agent' | 'public_key'>
  /** By file name. Each question asks for all cards, and checking signatures takes longer than looking at the files. */
  #known: ReadonlyMap<string, Read> = new Map()

  constructor(folder: string, own: Pick<Signer, 'agent' | 'public_key'>) {
    this.#folder = folder
    this.#own = own
  }

  /** Writes a card. Resolves with its path once it is on disk. */
  async add(signed: SignedCard): Promise<string> {
    await mkdir(this.#folder, { recursive: true, mode: 0o700 })
    const at = String(signed.card.at).padStart(15, '0')
    const file = join(this.#folder, `score-${at}-${cardDigest(signed.card).slice(0, 12)}.json`)
    await writeAtomic(file, cardText(signed))
    for (const old of (await this.#names()).slice(0, -limits.score_cards_max))
      await rm(join(this.#folder, old), { force: true })
    return file
  }

  /** Returns the cards with valid signatures of this machine's own keys, oldest first. It skips all other files. */
  async list(): Promise<ScoreCard[]> {
    const names = await this.#names()
    const found = await Promise.all(names.map((name) => this.#look(name).catch(() => null)))
    const read = found.flatMap((one, at): [string, Read][] => (one === null ? [] : [[names[at] ?? '', one]]))
    this.#known = new Map(read)
    return read.flatMap(([, { card }]) => card ?? [])
  }

  /** Rejects as the file system does. */
  async #look(name: string): Promise<Read> {
    const file = join(this.#folder, name)
    const { size: bytes, mtimeMs: mtime_ms } = await stat(file)
    const before = this.#known.get(name)
    if (before?.bytes === bytes && before.mtime_ms === mtime_ms) return before
    const content = bytes > limits.score_card_bytes_max ? null : await readFile(file)
    const card = content && (await this.#verified(file, content).catch(() => null))
    return { bytes, mtime_ms, card }
  }

  async #verified(file: string, content: Uint8Array): Promise<ScoreCard | null> {
    const { card, signed } = await verifyCard(file, content)
    return card.agent === this.#own.agent && signed.public_key === this.#own.public_key ? card : null
  }

  async #names(): Promise<string[]> {
    const all = await readdir(this.#folder).catch(() => [])
    return all.filter((name) => fileName.test(name)).sort()
  }
}
