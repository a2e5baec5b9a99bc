// Tests how the model store treats the parts of split models.

import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { chooseModel } from '../../../../host/daemon/models/choose-model.ts'
import { modelsOf } from '../../../../host/daemon/models/model-store.ts'
import { RippleError } from '../../../../host/errors/ripple-error.ts'
import { findModel } from '../../../../host/models/catalogue.ts'
import { HEAD_READER } from '../../../../host/models/inspect/inspect-words.ts'
import type { ModelPeers } from '../../../../host/models/sources/pull.ts'
import type { ModelStore } from '../../../../host/models/store.ts'
import { sha256Hex } from '../../../harness/sha256.ts'
import { render } from '../../operations/calls.ts'
import { openStore } from '../open-store.ts'
import { partGguf, tinyGguf } from '../tiny-gguf.ts'

const signal = new AbortController().signal
const unpinned = findModel('Qwen3-4B')

let dir: string
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'ripple-split-'))
})
afterEach(() => rm(dir, { recursive: true }))

const put = (name: string, bytes: Buffer): Promise<void> => writeFile(join(dir, name), bytes)
const partName = (no: number, count: number, whole = 'big'): string =>
  `${whole}-${String(no).padStart(5, '0')}-of-${String(count).padStart(5, '0')}.gguf`

/** Puts the parts of a model into the folder, all of them or some. */
async function putParts(count: number, which = Array.from({ length: count }, (_, at) => at)): Promise<void> {
  for (const at of which) await put(partName(at + 1, count), partGguf(at, count))
}

/** The models of a daemon whose engine refuses to be asked. */
function daemonOf(store: ModelStore, peers?: ModelPeers) {
  const nobody = async (): Promise<never> => {
    throw new RippleError('RIPPLE_MODEL_NO_PEER', { model: '' })
  }
  const notAsked = (): never => {
    throw new RangeError('the engine was asked')
  }
  return modelsOf({
    store,
    engine: { loaded: () => [], load: notAsked, unload: notAsked, gpu: null, memoryBudget: () => 0 },
    peers: peers ?? { find: nobody, places: nobody },
    emit: () => {},
    freeMemory: async () => null,
    measured: async () => null,
    signal: new AbortController().signal,
  })
}

const split = (no: number, count: number, file: string) =>
  expect.objectContaining({ code: 'RIPPLE_MODEL_SPLIT', facts: { file: join(dir, file), no, count } })

describe('a model in three parts', () => {
  test('a split model is not offered and is one problem with the command to merge it', async () => {
    await putParts(3)
    const store = await openStore(dir)
    expect(store.present()).toEqual([])
    expect(store.problems).toEqual([split(1, 3, partName(1, 3))])
    expect(store.problems[0]?.hint).toContain('llama-gguf-split --merge')
  })

  test('a split model is one unusable row of the list with its reason', async () => {
    await putParts(3)
    const models = await daemonOf(await openStore(dir)).list(signal)
    const rows = models.filter(({ name }) => name.startsWith('big'))
    expect(rows).toEqual([
      expect.objectContaining({
        name: 'big-00001-of-00003',
        present: false,
        path: null,
        problem: expect.objectContaining({ code: 'RIPPLE_MODEL_SPLIT' }),
      }),
    ])
    const { lines, notes = [] } = render('model.ls', { models })
    expect(lines.find((line) => line.startsWith('big-00001-of-00003'))).toContain('unusable')
    expect(notes.join(' ')).toMatch(/is part 1 of 3 of a split model.*llama-gguf-split --merge/)
  })

  test('a split model is refused by its own name and by that of any part', async () => {
    await putParts(3)
    const store = await openStore(dir)
    const daemon = daemonOf(store)
    const error = split(1, 3, partName(1, 3))
    for (const name of [
      'big',
      'BIG',
      'big-00001-of-00003',
      'big-00002-of-00003',
      'big-00003-of-00003.gguf',
    ]) {
      await expect(daemon.load(name, signal)).rejects.toEqual(error)
      await expect(daemon.pull(name, signal)).rejects.toEqual(error)
      await expect(daemon.fit(name, 512, signal)).rejects.toEqual(error)
      expect(() => chooseModel(name, store, [])).toThrow(error)
    }
  })

  test('a split model gives way to its merged file', async () => {
    await putParts(3)
    await put('big.gguf', tinyGguf())
    const store = await openStore(dir)
    expect(store.present().map(({ name }) => name)).toEqual(['big'])
    expect(store.find('big').sha256).toBe(sha256Hex(tinyGguf()))
    expect(() => store.find('big-00001-of-00003')).toThrow(split(1, 3, partName(1, 3)))
  })

  test('a split model can be removed part by part', async () => {
    await putParts(3)
    const daemon = daemonOf(await openStore(dir))
    for (const no of [1, 2, 3]) {
      await daemon.remove(`big-0000${no}-of-00003`, false, signal)
      expect(await readdir(dir)).not.toContain(partName(no, 3))
    }
    expect((await daemon.list(signal)).filter(({ name }) => name.startsWith('big'))).toEqual([])
  })
})

describe('a part of a split model', () => {
  test('a renamed part of a split model is recognised by its head', async () => {
    await put('plain.gguf', partGguf(0, 3))
    await put(unpinned.file, partGguf(0, 2))
    const store = await openStore(dir)
    expect(store.present()).toEqual([])
    expect(store.problems).toEqual([split(1, 2, unpinned.file), split(1, 3, 'plain.gguf')])
    const listed = (await store.list()).find(({ name }) => name === unpinned.name)
    expect(listed).toMatchObject({ present: false, problem: { code: 'RIPPLE_MODEL_SPLIT' } })
    expect(() => store.find(unpinned.name)).toThrow(split(1, 2, unpinned.file))
  })

  test('a part is not offered if others are missing or count differently', async () => {
    await putParts(3, [1])
    await putParts(4, [0, 3])
    const store = await openStore(dir)
    expect(store.present()).toEqual([])
    expect(store.problems).toEqual([split(1, 4, partName(1, 4)), split(2, 3, partName(2, 3))])
  })

  test('a part 1 of 1 is a whole model', async () => {
    await put(partName(1, 1), partGguf(0, 1))
    const store = await openStore(dir)
    expect(store.problems).toEqual([])
    expect(store.find('big-00001-of-00001').context_tokens).toBe(64)
  })

  test('a file that is a part by its name alone is refused', async () => {
    await put(partName(1, 99_999), tinyGguf())
    const store = await openStore(dir)
    expect(store.present()).toEqual([])
    expect(store.problems.map(({ code, message }) => [code, message])).toEqual([
      ['RIPPLE_MODEL_CORRUPT', expect.stringContaining('rename it')],
    ])
  })

  test("a part is not offered by an older reader's facts", async () => {
    await put('plain.gguf', partGguf(0, 3))
    await openStore(dir)
    const notes = join(dir, '.facts.json')
    const kept = JSON.parse(await readFile(notes, 'utf8'))
    const head = { type: 'head', context_tokens: 64, chat_template: 'none' }
    const reader = HEAD_READER.replace(/^\d+/, '1')
    await writeFile(notes, JSON.stringify({ 'plain.gguf': { ...kept['plain.gguf'], head, reader } }))
    const store = await openStore(dir)
    expect(store.problems).toEqual([split(1, 3, 'plain.gguf')])
  })

  test('a part that a peer gives is thrown away, and no other peer is asked', async () => {
    const part = partGguf(0, 3)
    const sha256 = sha256Hex(part)
    let fetched = 0
    const fetch = async (download: { part: string }): Promise<{ claimedSha256: null }> => {
      fetched += 1
      await writeFile(download.part, part)
      return { claimedSha256: null }
    }
    const peers: ModelPeers = {
      find: async () => ({ name: 'big', sha256, cid: null, bytes: part.length }),
      places: async () => [
        { name: 'one', fetch },
        { name: 'two', fetch },
      ],
    }
    const daemon = daemonOf(await openStore(dir), peers)
    await expect(daemon.pull(`sha256:${sha256}`, signal)).rejects.toMatchObject({
      code: 'RIPPLE_MODEL_SPLIT',
      facts: { no: 1, count: 3 },
    })
    expect(fetched).toBe(1)
    expect((await readdir(dir)).filter((name) => name.endsWith('.gguf'))).toEqual([])
  })
})
