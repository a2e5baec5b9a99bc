/** Finds the names that a mistyped name may mean. */
import { limits } from '../limits.ts'

/** Returns the names that contain the given one or are contained in it, and then those that differ least from it. */
export function nearestNames(name: string, names: readonly string[]): string[] {
  const asked = bare(name)
  return names
    .map((other) => ({
      other,
      apart: !holds(bare(other), asked) && !holds(asked, bare(other)),
      steps: steps(name.toLowerCase(), other.toLowerCase()),
    }))
    .sort((a, b) => Number(a.apart) - Number(b.apart) || a.steps - b.steps)
    .slice(0, limits.nearest_names_max)
    .map(({ other }) => other)
}

function holds(name: string, part: string): boolean {
  return part !== '' && name.includes(part)
}

/** Returns its letters and digits: `smollm2:135m` means `SmolLM2-135M-Instruct`. */
function bare(name: string): string {
  return name.toLowerCase().replace(/[^\p{L}\p{N}]/gu, '')
}

/** Returns the number of letters to insert, delete or replace to turn one word into the other (Levenshtein). */
function steps(from: string, to: string): number {
  let row = Array.from({ length: to.length + 1 }, (_, index) => index)
  for (const [done, letter] of [...from].entries()) {
    const next = [done + 1]
    for (const [index, other] of [...to].entries()) {
      const exchanged = (row[index] ?? 0) + (letter === other ? 0 : 1)
      next.push(Math.min(exchanged, (row[index + 1] ?? 0) + 1, (next[index] ?? 0) + 1))
    }
    row = next
  }
  return row.at(-1) ?? 0
}
