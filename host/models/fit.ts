/** Judges whether a model will run on this machine, and how fast. */
import { limits } from '../limits.ts'

/** The source of a number. */
export type Basis =
  | 'measured here'
  | 'from the file'
  | 'from the model list'
  | "a peer's word"
  | 'estimated'
  | 'not known'

/** A number and its source; null where it is not known. */
export interface Figure {
  readonly value: number | null
  readonly basis: Basis
}

/** The known facts about a model and the machine that may run it. Sizes are in bytes, unless named otherwise. */
export interface FitFacts {
  /** Size of the file. */
  readonly file_bytes: Figure
  /** Whether the file is on this machine already. */
  readonly here: boolean
  /** Memory for the weights, and for a context with its buffers. */
  readonly weights: Figure
  readonly context: Figure
  readonly context_tokens: number
  /** Memory and disk that are available now. */
  readonly free_memory: Figure
  readonly free_disk: Figure
  /** Weights that are read for each token: of this model, and of the model whose speed was measured. */
  readonly bytes_per_token: number | null
  readonly measured: {
    readonly name: string
    readonly same: boolean
    readonly tokens_per_second: number
    readonly bytes_per_token: number | null
  } | null
}

/** The judgement whether a model will run here and how fast, with its reasons. */
export interface Fit {
  readonly verdict: 'fits' | 'tight' | 'does_not_fit'
  /** The reasons for the verdict, as sentences without a full stop; empty where the model fits easily. */
  readonly reasons: readonly string[]
  readonly memory_bytes: Figure
  readonly tokens_per_second: Figure
  /** The source of the speed, as one sentence without a full stop. */
  readonly speed_note: string
}

const MIB = 1024 * 1024

/** Judges a model by the known facts. An unknown fact does not lead to a refusal, and is listed in the reasons. */
export function judgeFit(facts: FitFacts): Fit {
  const memory_bytes = memoryOf(facts)
  const room = [roomFor('memory', memory_bytes, facts.free_memory), roomOnDisk(facts)]
  const reasons = room.flatMap(({ reason }) => (reason === null ? [] : [reason]))
  const verdicts = room.map(({ verdict }) => verdict)
  const verdict = (['does_not_fit', 'tight'] as const).find((one) => verdicts.includes(one)) ?? 'fits'
  return { verdict, reasons, memory_bytes, ...speedOf(facts) }
}

/**
 * Returns the memory that the model needs. Without the file's head, the weights count as the file's size, and the context as
 * a quarter of it plus 128 MiB.
 */
function memoryOf({ weights, context, file_bytes }: FitFacts): Figure {
  if (weights.value !== null && context.value !== null)
    return { value: weights.value + context.value, basis: 'estimated' }
  if (file_bytes.value === null) return { value: null, basis: 'not known' }
  return { value: Math.ceil(file_bytes.value * 1.25) + 128 * MIB, basis: 'estimated' }
}

interface Room {
  readonly verdict: Fit['verdict']
  readonly reason: string | null
}

function roomFor(
  what: string,
  needs: Figure,
  free: Figure,
  tightShare: number = limits.fit_tight_share,
): Room {
  if (needs.value === null || free.value === null)
    return { verdict: 'fits', reason: `how much ${what} it needs or may have is not known` }
  const words = `it needs ${mib(needs.value)} MiB of ${what}, and ${mib(free.value)} MiB can be had`
  if (needs.value > free.value) return { verdict: 'does_not_fit', reason: words }
  if (needs.value > free.value * tightShare) return { verdict: 'tight', reason: words }
  return { verdict: 'fits', reason: null }
}

function roomOnDisk({ here, file_bytes, free_disk }: FitFacts): Room {
  if (here) return { verdict: 'fits', reason: null }
  const value = file_bytes.value === null ? null : file_bytes.value + limits.model_disk_spare_bytes
  return roomFor('disk', { ...file_bytes, value }, free_disk, 1)
}

/**
 * Estimates the speed from a measured model. A token takes as long as reading the weights, so speed is inversely
 * proportional to the bytes read for a token.
 */
function speedOf({ measured, bytes_per_token }: FitFacts): Pick<Fit, 'tokens_per_second' | 'speed_note'> {
  const unknown = (speed_note: string) => ({
    tokens_per_second: { value: null, basis: 'not known' } as const,
    speed_note,
  })
  if (measured === null) return unknown('nothing was measured here yet: run any model once')
  const { name, same, tokens_per_second } = measured
  const speed = round(tokens_per_second)
  if (same)
    return {
      tokens_per_second: { value: speed, basis: 'measured here' },
      speed_note: 'the last run of this model that was long enough',
    }
  if (bytes_per_token === null || measured.bytes_per_token === null)
    return unknown("how much is read for a token is in the file's head, which could not be read")
  const times = bytes_per_token / measured.bytes_per_token
  return {
    tokens_per_second: { value: round(tokens_per_second / times), basis: 'estimated' },
    speed_note: `${name} ran at ${speed} tokens a second here, and this one reads ${round(times)} times as much for each`,
  }
}

function mib(bytes: number): number {
  return Math.ceil(bytes / MIB)
}

function round(value: number): number {
  return Math.round(value * 10) / 10
}
