/** Judges whether a model will run on this machine, and how fast. */
import { limits } from '../limits.ts'

/** What a number rests on. */
export type Basis =
  | 'measured here'
  | 'from the file'
  | 'from the model list'
  | "a peer's word"
  | 'estimated'
  | 'not known'

/** A number and what it rests on; null where it is not known. */
export interface Figure {
  readonly value: number | null
  readonly basis: Basis
}

/** What is known of a model and of the machine that may run it. Bytes, unless named otherwise. */
export interface FitFacts {
  /** Size of the file. */
  readonly file_bytes: Figure
  /** Whether it is on this machine already. */
  readonly here: boolean
  /** Memory for the weights, and for a context with its buffers. */
  readonly weights: Figure
  readonly context: Figure
  readonly context_tokens: number
  /** Memory and disk that could be had now. */
  readonly free_memory: Figure
  readonly free_disk: Figure
  /** Weights that are read for a token: of this model, and of the one whose speed was measured. */
  readonly bytes_per_token: number | null
  readonly measured: {
    readonly name: string
    readonly same: boolean
    readonly tokens_per_second: number
    readonly bytes_per_token: number | null
  } | null
}

/** Whether a model will run here, how fast, and on what that rests. */
export interface Fit {
  readonly verdict: 'fits' | 'tight' | 'does_not_fit'
  /** What the verdict hangs on, as sentences without a full stop; empty where it fits with ease. */
  readonly reasons: readonly string[]
  readonly memory_bytes: Figure
  readonly tokens_per_second: Figure
  /** How the speed was come by, as one sentence without a full stop. */
  readonly speed_note: string
}

const MIB = 1024 * 1024

/** Judges a model by what is known. What is not known keeps nothing out, and is told. */
export function judgeFit(facts: FitFacts): Fit {
  const memory_bytes = memoryOf(facts)
  const room = [roomFor('memory', memory_bytes, facts.free_memory), roomOnDisk(facts)]
  const reasons = room.flatMap(({ reason }) => (reason === null ? [] : [reason]))
  const verdicts = room.map(({ verdict }) => verdict)
  const verdict = (['does_not_fit', 'tight'] as const).find((one) => verdicts.includes(one)) ?? 'fits'
  return { verdict, reasons, memory_bytes, ...speedOf(facts) }
}

/** Without the file's head the weights are taken to be the file, and the context a quarter of it and 128 MiB. */
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

/** A token takes as long as reading the weights does, so two models of one machine are as fast as they are small. */
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
