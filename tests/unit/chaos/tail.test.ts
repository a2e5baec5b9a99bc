import { appendFileSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { Tail, unexplained } from '../../chaos/tail.ts'

const line = (at: number) => `${JSON.stringify({ type: 'started', agent: 'a', at })}\n`

test('a growing history is read across its rotation and past a torn line', () => {
  const folder = mkdtempSync(join(tmpdir(), 'ripple-tail-'))
  try {
    const path = join(folder, 'history.ndjson')
    using tail = new Tail(path)
    expect(tail.read()).toEqual([])
    writeFileSync(path, `${line(1)}${line(2).slice(0, 10)}`)
    expect(tail.read().map(({ at }) => at)).toEqual([1])
    appendFileSync(path, `${line(2).slice(10)}{"type"\n${line(3)}`)
    expect(tail.read().map(({ at }) => at)).toEqual([2, 3])
    expect(tail.torn).toEqual([{ after: 2, before: 3 }])
    appendFileSync(path, line(4))
    renameSync(path, `${path}.1`)
    writeFileSync(path, line(5))
    expect(tail.read().map(({ at }) => at)).toEqual([4, 5])
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
})

test('a kill or full disk between the lines around it explains a torn line', () => {
  const torn = { after: 10, before: 20 }
  const open = { after: 40, before: Number.POSITIVE_INFINITY }
  const made = (kind: 'kill' | 'disk_full' | 'engine', agent: string, from: number, to: number) => [
    { kind, agents: [agent], from, to },
  ]
  expect(unexplained([torn, open], 'a', [])).toEqual([torn, open])
  expect(unexplained([torn, open], 'a', made('kill', 'a', 12, 19))).toEqual([open])
  expect(unexplained([torn, open], 'a', made('disk_full', 'a', 5, 50))).toEqual([])
  expect(unexplained([torn], 'a', made('kill', 'b', 12, 19))).toEqual([torn])
  expect(unexplained([torn], 'a', made('engine', 'a', 12, 19))).toEqual([torn])
  expect(unexplained([torn], 'a', made('kill', 'a', 21, 30))).toEqual([torn])
})
