import type { Prng } from './random.ts'

/** How long a token of a slow peer takes, in milliseconds. */
export const slowTokenMs = 3_000

/** The faults of one simulation. Times are milliseconds, the rest probabilities or counts. */
export interface Faults {
  /** A message is lost, arrives twice, or the sender is told that it cannot be sent. */
  readonly loss: number
  readonly duplicates: number
  readonly unreachable: number
  readonly delayMaxMs: number
  readonly arrivalMaxMs: number
  /** A write or read of the DHT gets no answer; a write may have happened all the same, or is held up. */
  readonly dhtSilent: number
  readonly engineCrash: number
  /** Kills of each daemon at most. */
  readonly killsMax: number
  readonly partitions: number
  /** How likely a peer is slow: each of its tokens takes `slowTokenMs`. */
  readonly slow: number
  /** A peer lies about its outputs. */
  readonly liars: number
  readonly cancels: number
  /** A machine's clock is wrong by so many milliseconds at most, either way. */
  readonly skewMaxMs: number
  /** A machine drains for a while. */
  readonly drains: number
  /** A machine is gone for so long that others go on without it. */
  readonly absences: number
  /** A machine's policy does not let it run a task. */
  readonly refuses: number
}

/** A world in which nothing goes wrong. */
export const calm: Faults = {
  loss: 0,
  duplicates: 0,
  unreachable: 0,
  delayMaxMs: 20,
  arrivalMaxMs: 50,
  dhtSilent: 0,
  engineCrash: 0,
  killsMax: 0,
  partitions: 0,
  slow: 0,
  liars: 0,
  cancels: 0,
  skewMaxMs: 0,
  drains: 0,
  absences: 0,
  refuses: 0,
}

/** Draws the faults of a seed: each kind occurs in about half of the seeds, so that they mix. */
export function drawFaults(random: Prng): Faults {
  const some = <T>(values: readonly T[], none: T) => (random.chance(0.5) ? random.pick(values) : none)
  return {
    loss: some([0.05, 0.3, 0.6], 0),
    duplicates: some([0.05, 0.5], 0),
    unreachable: some([0.1], 0),
    delayMaxMs: random.pick([10, 200, 3_000]),
    arrivalMaxMs: random.pick([50, 1_000, 8_000]),
    dhtSilent: some([0.02, 0.2], 0),
    engineCrash: some([0.1, 0.4], 0),
    killsMax: some([1, 2, 4], 0),
    partitions: some([1, 2, 3], 0),
    slow: some([0.3], 0),
    liars: some([0.3], 0),
    cancels: some([0.2], 0),
    skewMaxMs: some([2_000, 3_600_000], 0),
    drains: some([0.3], 0),
    absences: some([0.3, 0.8], 0),
    refuses: some([0.1, 0.4], 0),
  }
}
