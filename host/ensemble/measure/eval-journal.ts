/** Stores the progress of a measurement, so that it can resume. */
import { type FileHandle, mkdir, open, readdir, readFile, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import { limits } from '../../limits.ts'
import type { Millis } from '../../types/events.ts'
import { CARD_LIFE_MS } from '../../types/score-card.ts'

const count = z.number().int().nonnegative()

/** One answer of a measurement. */
const tried = z.strictObject({
  right: z.boolean(),
  tokens_in: count,
  tokens_out: count,
  ms: count,
  /** The answer's text; null if nothing was merged. */
  text: z.string().nullable(),
})

/** One item, asked of the ensemble. `members` are the members' own answers, in their order. */
const fanOut = z.strictObject({
  step: z.literal('ensemble'),
  item: z.string(),
  ensemble: tried.extend({ no_consensus: z.boolean(), failed_members: count }),
  members: z.array(tried.nullable()),
})

/** The same item, asked of the best member. */
const baseline = z.strictObject({
  step: z.literal('baseline'),
  item: z.string(),
  one_answer: tried,
  equal_tokens: tried,
})

/** The first line. */
const beginning = z.strictObject({ step: z.literal('begun'), at: count })

const line = z.discriminatedUnion('step', [beginning, fanOut, baseline])

/** The outcome of one item, asked of the ensemble. */
export type FanOutDone = z.output<typeof fanOut>
/** The outcome of one item, asked of the best member. */
export type BaselineDone = z.output<typeof baseline>
/** One answer of a measurement, with its text. */
export type TriedText = z.output<typeof tried>

/** Records each finished step of a measurement on its own line, so that it can stop and resume at any item. */
export class EvalJournal implements AsyncDisposable {
  readonly fanOuts: Map<string, FanOutDone> = new Map()
  readonly baselines: Map<string, BaselineDone> = new Map()
  readonly #handle: FileHandle
  #begunAt: Millis | null = null

  private constructor(handle: FileHandle) {
    this.#handle = handle
  }

  /** When the measurement began. */
  get begunAt(): Millis {
    return this.#begunAt ?? 0
  }

  /**
   * Opens the journal of a measurement with its finished steps; `run` is 64 hexadecimal digits. It starts over if the
   * journal began after `now`, or so long before that its card would be too old.
   */
  static async open(folder: string, run: string, now: Millis): Promise<EvalJournal> {
    await mkdir(folder, { recursive: true, mode: 0o700 })
    const file = join(folder, `${run}.ndjson`)
    const handle = await open(file, 'a', 0o600)
    await removeOldest(folder, file)
    const journal = new EvalJournal(handle)
    const text = await readFile(file, 'utf8')
    for (const one of text.split('\n')) journal.#take(one)
    const age = now - journal.begunAt
    if (age < 0 || age >= CARD_LIFE_MS) await journal.#begin(now)
    // A crash may have left half a line, which the next one must not join.
    else if (!text.endsWith('\n')) await handle.write('\n')
    return journal
  }

  /** Records a step. Resolves once it is on disk. */
  async add(done: FanOutDone | BaselineDone): Promise<void> {
    await this.#append(done)
  }

  async #begin(at: Millis): Promise<void> {
    await this.#handle.truncate()
    this.fanOuts.clear()
    this.baselines.clear()
    await this.#append({ step: 'begun', at })
  }

  async #append(done: z.output<typeof line>): Promise<void> {
    await this.#handle.write(`${JSON.stringify(done)}\n`)
    await this.#handle.datasync()
    this.#note(done)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#handle.close()
  }

  #take(text: string): void {
    try {
      this.#note(line.parse(JSON.parse(text)))
    } catch {
      // A crash left half a line: that item is done again.
    }
  }

  #note(done: z.output<typeof line>): void {
    if (done.step === 'begun') this.#begunAt = done.at
    else if (done.step === 'ensemble') this.fanOuts.set(done.item, done)
    else this.baselines.set(done.item, done)
  }
}

/** Removes all but the newest measurements and that of `now`. It leaves a file that cannot be removed. */
async function removeOldest(folder: string, now: string): Promise<void> {
  const files = (await readdir(folder)).filter((name) => name.endsWith('.ndjson'))
  const dated = await Promise.all(
    files.map(async (name) => {
      const file = join(folder, name)
      return { file, at: file === now ? Number.POSITIVE_INFINITY : (await stat(file)).mtimeMs }
    }),
  )
  const old = dated.toSorted((a, b) => b.at - a.at).slice(limits.measurements_max)
  for (const { file } of old) await rm(file, { force: true }).catch(() => {})
}
