/** A build under way. */
export interface Build {
  /** Crates that it has, about. */
  readonly crates: number
  /** Minutes that all of them take on two cores. */
  readonly minutes: number
  /** Crates that an interrupted build has left. */
  readonly kept: number
  /** Crates that are there now, the kept ones included. */
  readonly done: number
  /** Minutes since this build began. */
  readonly spent: number
}
/** Whole minutes that a build still takes, at least 1. */
export function minutesLeft(build: Build): number
