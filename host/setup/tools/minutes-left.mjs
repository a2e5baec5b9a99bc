// Estimates how long a build still takes.
/** Minutes of building after which this machine's speed counts as much as the known time of other machines. */
const TRUST_MINUTES = 5

/**
 * Returns the whole minutes that a build still takes, at least 1. The longest crates come last, so a mere count of crates
 * promises too much at first, and too little for a resumed build. The known time counts until this machine has shown its own
 * speed. `kept` of the `done` crates were there before. `minutes` is the time of all `crates` on two cores.
 */
export function minutesLeft({ crates, minutes, kept, done, spent }) {
  const known = (count) => (minutes * Math.min(count, crates)) / crates
  const slowness = Math.max(1, (spent + TRUST_MINUTES) / (known(done - kept) + TRUST_MINUTES))
  const byCount = known(crates - done) * slowness
  return Math.max(1, Math.round(Math.max(byCount, known(crates - kept) - spent)))
}
