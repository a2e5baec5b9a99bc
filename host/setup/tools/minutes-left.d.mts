/** A running build. */
export interface Build {
  /** The approximate number of its crates. */
  readonly crates: number
  /** Minutes that all crates take on two cores. */
  readonly minutes: number
  /** Crates from an interrupted build. */
  readonly kept: number
  /** Finished crates, with the kept ones. */
  readonly done: number
  /** Minutes since this build began. */
  readonly spent: number
}
/** Returns the whole minutes that a build still takes, at least 1. */
export function minutesLeft(build: Build): number
