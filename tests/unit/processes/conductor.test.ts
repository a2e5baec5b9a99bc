// Tests of how a conductor that does not start is recovered, with a shell script in its place.
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { limits } from '../../../host/limits.ts'
import { databasesIn, runConductor } from '../../../host/processes/conductor.ts'
import type { ChildEvent } from '../../../host/processes/supervisor.ts'

const never = new AbortController().signal
/** A start that succeeds. */
const ready = "echo '###ADMIN_PORT:4711###'; echo 'Conductor ready.'; exec sleep 60"

let folder: string
let events: ChildEvent[]
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'ripple-conductor-'))
  mkdirSync(databasesIn(folder), { recursive: true })
  events = []
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

/** Runs a conductor that does `first` at its first start, and `later` at all others, with the databases as its folder. */
function run(first: string, later: string, more: { readyMs?: number } = {}) {
  const program = join(folder, 'holochain.sh')
  const begun = join(folder, 'begun')
  const lines = [
    '#!/bin/sh',
    `cd ${databasesIn(folder)}`,
    `[ -e ${begun} ] || { touch ${begun}; ${first}; }`,
    later,
  ]
  writeFileSync(program, `${lines.join('\n')}\n`)
  chmodSync(program, 0o755)
  const settings = {
    folder,
    url: 'http://127.0.0.1:1',
    adminPort: null,
    origin: 'ripple-secret',
    gossip: { initiate_interval_ms: 1, initiate_jitter_ms: 1, round_timeout_ms: 1, sign_again_ms: 30_000 },
    syncEveryMs: 700,
  }
  const setCellsAside = vi.fn(async () => {})
  const running = runConductor(
    {
      program,
      passphraseFile: join(folder, 'passphrase'),
      logFile: join(folder, 'conductor.log'),
      settings,
      setCellsAside,
      onEvent: (event) => events.push(event),
      ...more,
    },
    never,
  )
  return { running, setCellsAside }
}

describe('a conductor that does not start', () => {
  test('a conductor that does not start is started again', async () => {
    const { running, setCellsAside } = run('exit 7', ready)
    await using _running = await running
    expect(events.map(({ type }) => type)).toEqual(['process_crashed', 'process_ready'])
    expect(setCellsAside).not.toHaveBeenCalled()
  })

  test('a conductor that misses its deadline is killed and gets more time', async () => {
    const readyMs = 400
    const { running } = run('exec sleep 60', `sleep 0.5; ${ready}`, { readyMs })
    await using _running = await running
    expect(events).toMatchObject([
      { type: 'process_crashed', detail: expect.stringContaining(`not within ${readyMs} ms`) },
      { type: 'process_ready' },
    ])
  })

  test('a conductor that does not start is given up after some tries', async () => {
    const { running } = run('exit 7', 'exit 8')
    await expect(running).rejects.toMatchObject({
      code: 'RIPPLE_CONDUCTOR_START',
      message: expect.stringContaining('exit 8'),
    })
    expect(events).toHaveLength(limits.conductor_starts_max - 1)
  })

  test('a conductor without its chain gets its list of cells and new databases set aside', async () => {
    for (const dna of ['uhC0kA', 'uhC0kC']) writeFileSync(join(databasesIn(folder), `dht-${dna}.db`), '')
    const words =
      "touch dht-uhC0kB.db; echo 'CellWithoutGenesis(CellId(DnaHash(uhC0kA), AgentPubKey(a)))'; exit 1"
    const { running, setCellsAside } = run(words, ready)
    await using _running = await running
    expect(setCellsAside.mock.calls).toEqual([[['uhC0kA', 'uhC0kB']]])
  })

  test('a conductor without its DNA gets its list of cells set aside', async () => {
    writeFileSync(join(databasesIn(folder), 'dht-uhC0kA.db'), '')
    const { running, setCellsAside } = run("echo 'DnaDefMissing(CellId(x))'; exit 1", ready)
    await using _running = await running
    expect(setCellsAside.mock.calls).toEqual([[[]]])
  })
})

test('a conductor that was ready keeps its list of cells, whatever it printed', async () => {
  const { running, setCellsAside } = run(
    "echo '###ADMIN_PORT:4711###'; echo 'Conductor ready.'; sleep 0.2; echo 'DnaDefMissing(CellId(x))'; exit 1",
    ready,
  )
  await using _running = await running
  await vi.waitFor(() => expect(events.filter(({ type }) => type === 'process_ready')).toHaveLength(2), 5_000)
  expect(setCellsAside).not.toHaveBeenCalled()
})
