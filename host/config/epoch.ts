/** Computes the epochs of a network. */
import { z } from 'zod'
import { limits } from '../limits.ts'

/** The schema of a network's epochs and of the history that it keeps. */
export const epochSchema = z.strictObject({
  /** The length of an epoch, in milliseconds. UTC divided by it, rounded down, is the number of an epoch. */
  length_ms: z.number().int().positive(),
  /** The epochs before the current one that stay open for reads and closes. */
  kept: z.number().int().positive(),
  /** The highest position that one key may write to in an epoch; a property of its DNA. */
  max_action_seq: z.number().int().positive(),
  /** Days for which the archive of an epoch is kept after its end; null: for ever. Receipts always stay. */
  archive_days: z.number().int().positive().nullable(),
})

/** The rules by which a network divides time and keeps its history. */
export type EpochRules = z.infer<typeof epochSchema>

const DAY_MS = 86_400_000

/** Returns the epoch of a time. */
export function epochAt(now: number, { length_ms }: Pick<EpochRules, 'length_ms'>): number {
  return Math.floor(now / length_ms)
}

/** Returns the beginning of an epoch, in milliseconds since 1970; it ends when the next one begins. */
export function epochBegin(epoch: number, { length_ms }: Pick<EpochRules, 'length_ms'>): number {
  return epoch * length_ms
}

/**
 * Returns the epochs that a daemon opens now, oldest first. The next epoch opens shortly before it begins, because other
 * clocks may be ahead and the first post must not wait. The previous one stays for as long as most of its tasks may be open.
 */
export function epochsToOpen(now: number, rules: EpochRules): number[] {
  const first = epochAt(now - overlap(rules), rules)
  const last = epochAt(now + ahead(rules), rules)
  return Array.from({ length: last - first + 1 }, (_, index) => first + index)
}

/** Returns the time at which `epochsToOpen` will name a further epoch. */
export function nextOpening(now: number, rules: EpochRules): number {
  const next = epochAt(now + ahead(rules), rules) + 1
  return epochBegin(next, rules) - ahead(rules)
}

/** Returns the distance of a time from an epoch, in milliseconds: negative before it, 0 within it. */
export function outsideBy(epoch: number, time: number, rules: Pick<EpochRules, 'length_ms'>): number {
  const [begin, end] = [epochBegin(epoch, rules), epochBegin(epoch + 1, rules)]
  return time < begin ? time - begin : Math.max(0, time - end)
}

/** Whether an epoch is so old that it is kept only for its open tasks. */
export function isPast(epoch: number, now: number, rules: EpochRules): boolean {
  return epoch < epochAt(now, rules) - rules.kept
}

/** Whether even the archive of an epoch has reached its age limit. */
export function isForgotten(epoch: number, now: number, rules: EpochRules): boolean {
  if (rules.archive_days === null) return false
  return now >= epochBegin(epoch + 1, rules) + rules.archive_days * DAY_MS
}

/** Returns the network seed of an epoch's DNA. */
export function epochSeed(seed: string, epoch: number): string {
  return `${seed}-epoch${epoch}`
}

/** Returns the epoch of a network seed; null if the seed does not belong to this network. */
export function epochOfSeed(seed: string, text: string): number | null {
  const found = text.startsWith(`${seed}-epoch`) ? /-epoch(\d{1,15})$/.exec(text) : null
  return found && text === epochSeed(seed, Number(found[1])) ? Number(found[1]) : null
}

function ahead({ length_ms }: EpochRules): number {
  return Math.min(limits.epoch_ahead_ms, Math.floor(length_ms / 4))
}

function overlap({ length_ms }: EpochRules): number {
  return Math.min(limits.epoch_overlap_ms, Math.floor(length_ms / 2))
}
