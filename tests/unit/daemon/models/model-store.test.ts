/** The models of a daemon, as its operations see them. */
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { modelsOf } from '../../../../host/daemon/models/model-store.ts'
import type { LoadedModel } from '../../../../host/engine/port.ts'
import { RippleError } from '../../../../host/errors/ripple-error.ts'
import { findModel } from '../../../../host/models/catalogue.ts'
import type { Download } from '../../../../host/models/sources/download.ts'
import type { ModelPeers } from '../../../../host/models/sources/pull.ts'
import { sha256Hex } from '../../../harness/sha256.ts'
import { openStore } from '../../models/open-store.ts'
import { tinyGguf } from '../../models/tiny-gguf.ts'

const signal = new AbortController().signal
const model = findModel('Qwen3-4B')
const weights = Buffer.concat([tinyGguf(), Buffer.from('own')])
const own = sha256Hex(weights)

let dir: string
let loaded: LoadedModel[]
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'ripple-own-models-'))
  loaded = []
})
afterEach(() => rm(dir, { recursive: true, maxRetries: 5 }))

/** A stand-in for the engine's memory: it does as it is told. */
const engine = {
  gpu: null,
  memoryBudget: () => Number.POSITIVE_INFINITY,
  loaded: () => loaded,
  load: async (file: string) => {
    loaded = [{ sha256: file, bytes: 100, running: 0 }, ...loaded]
  },
  unload: async (file: string) => {
    const was = loaded.some((one) => one.sha256 === file)
    loaded = loaded.filter((one) => one.sha256 !== file)
    return was
  },
}

async function models(
  file: Buffer | null = null,
  coming: (onProgress: Download['onProgress']) => Promise<void> = async () => {},
) {
  await writeFile(join(dir, model.file), weights)
  const store = await openStore(dir)
  const nobody = async (): Promise<never> => {
    throw new RippleError('RIPPLE_MODEL_NO_PEER', { model: '' })
  }
  const found = { name: 'of/../a peer', sha256: sha256Hex(file ?? ''), cid: null, bytes: 7 }
  const place = {
    name: 'peers',
    fetch: async ({ part, onProgress }: Download) => {
      await coming(onProgress)
      await writeFile(part, file ?? '')
      return { claimedSha256: null }
    },
  }
  const peers: ModelPeers = {
    find: file === null ? nobody : async () => found,
    places: file === null ? nobody : async () => [place],
  }
  const facts = { freeMemory: async () => null, measured: async () => null }
  return modelsOf({ store, engine, peers, emit: () => {}, signal, ...facts })
}

describe('loading', () => {
  test('a loaded model is listed with its memory', async () => {
    const given = await models()
    expect(await given.load('qwen3-4b', signal)).toMatchObject({
      loaded: true,
      memory_bytes: 100,
      running: 0,
    })
    loaded = [{ sha256: own, bytes: 100, running: 2 }]
    const listed = (await given.list(signal)).find(({ name }) => name === model.name)
    expect(listed).toMatchObject({ present: true, loaded: true, running: 2 })
    expect([await given.unload('QWEN3-4B', signal), await given.unload('Qwen3-4B', signal)]).toEqual([
      true,
      false,
    ])
  })

  test('an absent model cannot be loaded', async () => {
    const given = await models()
    await expect(given.load('Qwen3-0.6B', signal)).rejects.toMatchObject({ code: 'RIPPLE_MODEL_MISSING' })
    await expect(given.unload('nobody', signal)).rejects.toMatchObject({ code: 'RIPPLE_MODEL_UNKNOWN' })
  })
})

test('the memory of models names the budget, what loaded models take, and the free disk', async () => {
  const given = await models()
  loaded = [{ sha256: own, bytes: 100, running: 0 }]
  const memory = await given.memory()
  expect(memory).toMatchObject({
    budget_bytes: null,
    used_bytes: 100,
    free_bytes: null,
    gpu: null,
    folder: dir,
  })
  expect(memory.free_disk_bytes).toBeGreaterThan(0)
})

describe('removing', () => {
  test('a removal frees the disk and reports the change', async () => {
    const given = await models()
    expect(await given.remove('qwen3-4b', false, signal)).toEqual({
      path: join(dir, model.file),
      bytes: weights.length,
    })
    expect(await readdir(dir)).toEqual(['.facts.json'])
    await expect(given.remove('Qwen3-4B', false, signal)).rejects.toMatchObject({
      code: 'RIPPLE_MODEL_MISSING',
    })
  })

  test('a removal is refused for the very file that is in memory', async () => {
    const given = await models()
    await writeFile(join(dir, 'Mine.gguf'), tinyGguf())
    await writeFile(join(dir, 'mine.gguf'), Buffer.concat([tinyGguf(), Buffer.alloc(1)]))
    const indexing = async () => (await given.list(signal)).some((entry) => entry.indexing)
    await expect.poll(indexing, { timeout: 15_000 }).toBe(false)
    loaded = [{ sha256: sha256Hex(tinyGguf()), bytes: 100, running: 0 }]
    await expect(given.remove('MINE', true, signal)).rejects.toMatchObject({ code: 'RIPPLE_MODEL_AMBIGUOUS' })
    await expect(given.remove('Mine', false, signal)).rejects.toMatchObject({ code: 'RIPPLE_MODEL_IN_USE' })
    expect(await given.remove('mine', false, signal)).toMatchObject({ path: join(dir, 'mine.gguf') })
  })

  test.each([
    [0, 'loaded'],
    [1, 'running'],
  ])('a removal is refused while the model is loaded, with %i runs, unless forced', async (running, use) => {
    const given = await models()
    loaded = [{ sha256: own, bytes: 100, running }]
    await expect(given.remove('Qwen3-4B', false, signal)).rejects.toMatchObject({
      code: 'RIPPLE_MODEL_IN_USE',
      facts: { use },
    })
    await given.remove('Qwen3-4B', true, signal)
    expect([loaded, await readdir(dir)]).toEqual([[], ['.facts.json']])
  })
})

describe('a file that is named by its sha256', () => {
  const tiny = tinyGguf()

  test('a file named by its sha256 comes from a peer under a safe name', async () => {
    const pulled = await (await models(tiny)).pull(`sha256:${sha256Hex(tiny)}`, signal)
    expect(pulled).toMatchObject({ name: 'of_.._a_peer', path: join(dir, 'of_.._a_peer.gguf') })
  })

  test('a pulled file that is not a model is thrown away', async () => {
    const pull = (await models(Buffer.from('a holiday film'))).pull(sha256Hex('a holiday film'), signal)
    await expect(pull).rejects.toMatchObject({ code: 'RIPPLE_MODEL_CORRUPT' })
    expect((await readdir(dir)).filter((name) => name.endsWith('.gguf'))).toEqual([model.file])
  })

  test('a pulled file is checked, whatever a peer says that it is', async () => {
    const given = await models(tiny)
    const pull = given.pull(sha256Hex('something else'), signal)
    await expect(pull).rejects.toMatchObject({ code: 'RIPPLE_MODEL_NO_PEER' })
    expect((await readdir(dir)).filter((name) => name.endsWith('.gguf'))).toEqual([model.file])
  })

  test('each running pull is listed by the name that was requested', async () => {
    const begun = Promise.withResolvers<void>()
    const goesOn = Promise.withResolvers<void>()
    const asked = `sha256:${sha256Hex(tiny)}`
    const given = await models(tiny, async (onProgress) => {
      onProgress(3, 7)
      begun.resolve()
      await goesOn.promise
    })
    const listed = async () =>
      (await given.list(signal))
        .filter(({ pulling }) => pulling !== null)
        .map(({ name, pulling }) => [name, pulling])
    const one = given.pull(asked, signal)
    await begun.promise
    const other = given.pull(asked, signal)
    await expect.poll(async () => (await listed()).length).toBe(2)
    const source = `waits for the download of of_.._a_peer by process ${process.pid}`
    expect(await listed()).toEqual([
      [asked, { bytes: 3, total: 7, source: 'peers', bytes_per_s: null }],
      [asked, { bytes: 0, total: null, source, bytes_per_s: null }],
    ])
    goesOn.resolve()
    await Promise.all([one, other])
    expect(await listed()).toEqual([])
  })

  test('a pull of a sha256 that nobody has is an error', async () => {
    const pull = (await models()).pull(sha256Hex(tiny), signal)
    await expect(pull).rejects.toMatchObject({ code: 'RIPPLE_MODEL_NO_PEER' })
  })
})
