/** The pulls of a daemon, from a stand-in for its store. */
import { beforeEach, describe, expect, test } from 'vitest'
import { Pulls } from '../../../../host/daemon/models/pulls.ts'
import { RippleError } from '../../../../host/errors/ripple-error.ts'
import { limits } from '../../../../host/limits.ts'
import { findModel } from '../../../../host/models/catalogue.ts'
import { type ModelEntry, unknownEntry } from '../../../../host/models/entries.ts'
import type { StorePull } from '../../../../host/models/store.ts'
import type { DaemonEvent } from '../../../../host/telemetry/catalogue.ts'

const signal = new AbortController().signal
const { name, file, sha256 } = findModel('SmolLM2-135M-Instruct')
const entry: ModelEntry = { ...unknownEntry, file, name, sha256 }

interface Coming extends StorePull {
  readonly signal: AbortSignal
  readonly end: (thrown?: unknown) => void
}

let events: DaemonEvent[]
let coming: Coming[]
let now: number
let stopping: AbortController
let pulls: Pulls
beforeEach(() => {
  ;[events, coming, now, stopping] = [[], [], 0, new AbortController()]
  const pull = (_name: string, options: StorePull, until: AbortSignal): Promise<ModelEntry> => {
    const { promise, resolve, reject } = Promise.withResolvers<ModelEntry>()
    until.addEventListener('abort', () => reject(until.reason))
    const end = (thrown?: unknown) => (thrown === undefined ? resolve(entry) : reject(thrown))
    coming.push({ ...options, signal: until, end })
    return promise
  }
  const peers = { find: async () => Promise.reject(), places: async () => [] }
  const emit = (event: DaemonEvent): void => void events.push(event)
  pulls = new Pulls({ store: { pull }, peers, emit, signal: stopping.signal, now: () => now })
})

const types = () => events.map(({ type }) => type)

describe('a pull in the background', () => {
  test('a pull begins with its first bytes, goes on alone, and is listed with its speed', async () => {
    const begun = pulls.begin(name)
    expect(pulls.of(entry).pulling).toEqual({ bytes: 0, total: null, source: null, bytes_per_s: null })
    coming[0]?.onFile?.(file)
    coming[0]?.onProgress?.(0, 100, 'peers')
    await begun
    now = 2_000
    coming[0]?.onProgress?.(50, 100, 'peers')
    expect(pulls.of(entry).pulling).toEqual({ bytes: 50, total: 100, source: 'peers', bytes_per_s: 25 })
    coming[0]?.end()
    await expect.poll(() => pulls.of(entry).pulling).toBe(null)
    expect(types()).toEqual(['model_progress', 'model_progress', 'model_progress', 'model_pulled'])
  })

  test('a pull that fails before its first byte rejects', async () => {
    const begun = pulls.begin('nobody')
    coming[0]?.end(new RippleError('RIPPLE_MODEL_NO_PEER', { model: 'nobody' }))
    await expect(begun).rejects.toMatchObject({ code: 'RIPPLE_MODEL_NO_PEER' })
    expect(types()).toEqual(['model_progress', 'model_unpulled'])
  })

  test('a pull that fails later is remembered with its error until it begins again or its file is removed', async () => {
    const fail = async () => {
      const begun = pulls.begin(name)
      const last = coming.at(-1)
      last?.onFile?.(file)
      last?.onProgress?.(1, 2, 'peers')
      await begun
      last?.end(new RippleError('RIPPLE_MODEL_CHECKSUM', { file, found: 'a', wanted: 'b' }))
      await expect.poll(() => pulls.of(entry).pull_problem?.code).toBe('RIPPLE_MODEL_CHECKSUM')
    }
    await fail()
    const again = expect(pulls.begin(name)).rejects.toMatchObject({ code: 'RIPPLE_MODEL_PAUSED' })
    expect(pulls.of(entry).pull_problem).toBe(null)
    await pulls.pause(name)
    await again
    await fail()
    pulls.forget(file)
    expect(pulls.of(entry).pull_problem).toBe(null)
  })

  test('a pull runs one time however often it is begun, and ends with the daemon', async () => {
    const begun = pulls.begin(name)
    await pulls.begin(`sha256:${sha256}`)
    expect(coming.length).toBe(1)
    stopping.abort(new RippleError('RIPPLE_INTERRUPTED'))
    await expect(begun).rejects.toMatchObject({ code: 'RIPPLE_INTERRUPTED' })
  })
})

describe('a pause', () => {
  test('a pause ends all pulls of a file by any of its names, and says how much is here', async () => {
    const waiting = pulls.run(`sha256:${sha256}`, signal)
    coming[0]?.onFile?.(file)
    coming[0]?.onProgress?.(7, 9, 'peers')
    expect(await pulls.pause(name.toLowerCase())).toBe(7)
    await expect(waiting).rejects.toMatchObject({ code: 'RIPPLE_MODEL_PAUSED' })
    expect(types().at(-1)).toBe('model_paused')
    expect(pulls.of(entry)).toEqual({ pulling: null, pull_as: `sha256:${sha256}`, pull_problem: null })
    expect(await pulls.pause(name)).toBe(null)
  })

  test('a file on no list continues under the name that was asked for', async () => {
    const asked = 'b'.repeat(64)
    void pulls.begin(asked)
    const [listed] = pulls.others([entry])
    expect(listed).toMatchObject({ name: asked, sha256: asked, pull_as: asked })
    coming[0]?.onFile?.('tiny.gguf')
    const part: ModelEntry = { ...unknownEntry, file: 'tiny.gguf', name: 'tiny' }
    expect(pulls.others([part])).toEqual([])
    coming[0]?.onProgress?.(1, 2, 'peers')
    await pulls.pause(asked)
    expect(pulls.of(part)).toMatchObject({ pulling: null, pull_as: asked })
  })
})

test('progress is reported at most once in `progress_every_ms`', () => {
  void pulls.begin(name)
  for (let bytes = 0; bytes < 1_000; bytes++) {
    now = bytes * (limits.progress_every_ms / 100)
    coming[0]?.onProgress?.(bytes, 1_000, 'peers')
  }
  expect(events.length).toBe(1 + 10)
})
