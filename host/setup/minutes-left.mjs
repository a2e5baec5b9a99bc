/** How many minutes of building weigh as much as what is known from other machines. */
const TRUST_MINUTES = 5

/**
 * Whole minutes that a build still takes, at least 1. The longest crates come last, so counting crates alone promises
 * too much at first and too little of a build that goes on: the known time counts until this machine has shown its
 * own. `kept` of the `done` crates were there before; `minutes` is what all `crates` take on two cores.
 */
export function minutesLeft({ crates, minutes, kept, done, spent }) {
  const known = (count) => (minutes * Math.min(count, crates)) / crates
  const slowness = Math.max(1, (spent + TRUST_MINUTES) / (known(done - kept) + TRUST_MINUTES))
  const byCount = known(crates - done) * slowness
  return Math.max(1, Math.round(Math.max(byCount, known(crates - kept) - spent)))
}
