import { appendFileSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { Tail } from '../../chaos/tail.ts'

const line = (at: number) => `${JSON.stringify({ type: 'started', agent: 'a', at })}\n`

test('a history is read as it grows, across the turn of its file and past a torn line', () => {
  const folder = mkdtempSync(join(tmpdir(), 'ripple-tail-'))
  try {
    const path = join(folder, 'history.ndjson')
    using tail = new Tail(path)
    expect(tail.read()).toEqual([])
    writeFileSync(path, `${line(1)}${line(2).slice(0, 10)}`)
    expect(tail.read().map(({ at }) => at)).toEqual([1])
    appendFileSync(path, `${line(2).slice(10)}{"type"\n${line(3)}`)
    expect(tail.read().map(({ at }) => at)).toEqual([2, 3])
    expect(tail.torn).toBe(1)
    appendFileSync(path, line(4))
    renameSync(path, `${path}.1`)
    writeFileSync(path, line(5))
    expect(tail.read().map(({ at }) => at)).toEqual([4, 5])
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
})
