import { expect, test } from 'vitest'
import { limits } from '../../../host/limits.ts'
import { tellProgress } from '../../../host/models/progress.ts'

const MIB = 1024 * 1024

test('of a file whose size nobody says the bytes are told, now and then', () => {
  const lines: string[] = []
  let now = 0
  const tell = tellProgress(
    (line) => lines.push(line),
    () => now,
  )
  for (const mib of [0, 1, 2]) {
    tell(mib * MIB, null, 'Hugging Face')
    now += limits.progress_every_ms / 2
  }
  expect(lines).toEqual(['Hugging Face: 0 MiB', 'Hugging Face: 2 MiB'])
})

test('progress is told when a source begins, and then neither too often nor in too small steps', () => {
  const lines: string[] = []
  let now = 0
  const tell = tellProgress(
    (line) => lines.push(line),
    () => now,
  )
  const steps: Array<[ms: number, mib: number, source: string]> = [
    [0, 0, 'PyPI'],
    [1, 50, 'PyPI'],
    [limits.progress_every_ms, 1, 'PyPI'],
    [limits.progress_every_ms + 1, 60, 'PyPI'],
    [limits.progress_every_ms + 2, 3, 'Hugging Face'],
  ]
  for (const [ms, mib, source] of steps) {
    now = ms
    tell(mib * MIB, 100 * MIB, source)
  }
  expect(lines).toEqual([
    'PyPI: 0 of 100 MiB (0 %)',
    'PyPI: 60 of 100 MiB (60 %)',
    'Hugging Face: 3 of 100 MiB (3 %)',
  ])
})
