/** The lines that tell how far a download is. */
import { expect, test } from 'vitest'
import { limits } from '../../../../host/limits.ts'
import { tellProgress } from '../../../../host/models/sources/progress.ts'

const MIB = 1024 * 1024

/** Collects the printed progress of a download, by a clock that the test sets. */
function told() {
  const lines: string[] = []
  const clock = { now: 0 }
  const tell = tellProgress(
    (line) => lines.push(line),
    () => clock.now,
  )
  return { lines, clock, tell }
}

test('progress of a file of unknown size is printed in bytes, now and then', () => {
  const { lines, clock, tell } = told()
  for (const mib of [0, 1, 2]) {
    tell(mib * MIB, null, 'Hugging Face')
    clock.now += limits.progress_every_ms / 2
  }
  clock.now += limits.progress_every_ms
  tell(2 * MIB, null, 'Hugging Face')
  expect(lines).toEqual(['Hugging Face: 0 MiB', 'Hugging Face: 2 MiB'])
})

test('progress is printed when a source begins, then neither often nor in small steps', () => {
  const { lines, clock, tell } = told()
  const steps: Array<[ms: number, mib: number, source: string]> = [
    [0, 0, 'peers'],
    [1, 50, 'peers'],
    [limits.progress_every_ms, 1, 'peers'],
    [limits.progress_every_ms + 1, 60, 'peers'],
    [limits.progress_every_ms + 2, 3, 'Hugging Face'],
  ]
  for (const [ms, mib, source] of steps) {
    clock.now = ms
    tell(mib * MIB, 100 * MIB, source)
  }
  expect(lines).toEqual([
    'peers: 0 of 100 MiB (0 %)',
    'peers: 60 of 100 MiB (60 %)',
    'Hugging Face: 3 of 100 MiB (3 %)',
  ])
})
