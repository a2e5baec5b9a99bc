/** Pulling a model: its sources, its checks, and what an interrupted pull leaves. */
import { appendFile, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { cidOf } from '../../../../host/artifacts/cid.ts'
import { RippleError } from '../../../../host/errors/ripple-error.ts'
import { DEFAULT_MODEL, findModel, type Source } from '../../../../host/models/catalogue.ts'
import { FolderIndex } from '../../../../host/models/folder/folder-index.ts'
import { tryLock } from '../../../../host/models/folder/folder-lock.ts'
import type { GgufHead } from '../../../../host/models/inspect/inspect-words.ts'
import type { Download } from '../../../../host/models/sources/download.ts'
import {
  type ModelPeers,
  type PullOptions,
  pullFile,
  pullModel,
} from '../../../../host/models/sources/pull.ts'
import { orAborted } from '../../../../host/types/or-aborted.ts'
import { sha256Hex } from '../../../harness/sha256.ts'

const unpinned = findModel('Qwen3-0.6B')
const pinned = findModel(DEFAULT_MODEL)
const content = 'a model'
const digest = sha256Hex(content)
const signal = new AbortController().signal

let dir: string
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'ripple-models-'))
})
afterEach(() => rm(dir, { recursive: true }))

function gives(text: string, claimedSha256: string | null = null) {
  return async (_source: Source, { part, onProgress }: Download) => {
    await writeFile(part, text)
    onProgress(text.length, text.length)
    return { claimedSha256 }
  }
}

function fails(message: string) {
  return (): Promise<never> => Promise.reject(new RippleError('RIPPLE_INTERNAL', { detail: message }))
}

const find = fails('not asked')

/** Lists the files that a pull has left in the folder, without its lock. */
async function left(): Promise<string[]> {
  return (await readdir(dir)).filter((name) => !name.startsWith('.pull')).sort()
}

/** A stand-in for peers that all say the same of a file, and give it so. */
function peersThat(...fetches: ReadonlyArray<(download: Download) => Promise<unknown>>): ModelPeers {
  const places = fetches.map((fetch) => ({
    name: 'peers',
    fetch: async (download: Download) => {
      await fetch(download)
      return { claimedSha256: null }
    },
  }))
  return { find, places: async () => places }
}

/** A stand-in for the process that reads heads: every file that is not empty is a model. */
const readHeads: NonNullable<PullOptions['readHeads']> = async ([file = ''], _signal, onHead) => {
  const head: GgufHead =
    (await stat(file)).size > 0
      ? { type: 'head', context_tokens: 64, chat_template: 'none' }
      : { type: 'unreadable', detail: 'it is empty' }
  onHead?.(file, head)
  return new Map([[file, head]])
}

describe('pulling a model', () => {
  test('a pulled file appears whole with its checksum, and progress was reported', async () => {
    const seen: unknown[] = []
    const onProgress = (...told: unknown[]): void => void seen.push(told)
    const pulled = await pullModel('qwen3-0.6b', {
      dir,
      signal,
      readHeads,
      onProgress,
      fetchSource: gives(content, digest),
    })
    expect(pulled).toMatchObject({ path: join(dir, unpinned.file), sha256: digest, bytes: content.length })
    expect(await readFile(pulled.path, 'utf8')).toBe(content)
    expect(seen).toEqual([[7, 7, 'Hugging Face unsloth/Qwen3-0.6B-GGUF']])
    expect((await readdir(dir)).filter((name) => name.endsWith('.part'))).toEqual([])
  })

  test('a pulled file is read once and its content is known to the folder', async () => {
    const sha256Of = vi.fn(async () => 'read again')
    using index = new FolderIndex(dir, { sha256Of, readHeads })
    const pulled = await pullModel(unpinned.name, {
      ...{ dir, signal, readHeads, index },
      fetchSource: gives(content, digest),
    })
    expect(pulled.sha256).toBe(digest)
    expect(sha256Of).not.toHaveBeenCalled()
    expect(index.files).toMatchObject([{ sha256: digest, head: { type: 'head' } }])
  })

  test('the note of a pulled file is written before it gets its name', async () => {
    using index = new FolderIndex(dir, { readHeads })
    const { notes } = index
    const keep = notes.keep.bind(notes)
    const there: string[][] = []
    vi.spyOn(notes, 'keep').mockImplementation(async (...noted) => {
      there.push((await readdir(dir)).filter((name) => name === unpinned.file))
      await keep(...noted)
    })
    const fetchSource = gives(content, digest)
    await pullModel(unpinned.name, { dir, signal, readHeads, index, fetchSource })
    expect(there).toEqual([[]])
  })

  test('a file that is removed while it is read counts as missing', async () => {
    await writeFile(join(dir, unpinned.file), content)
    const begun = Promise.withResolvers<void>()
    const sha256Of = async (_file: string, stop: AbortSignal): Promise<string> => {
      begun.resolve()
      return orAborted(new Promise<string>(() => {}), stop)
    }
    using index = new FolderIndex(dir, { sha256Of })
    const pull = pullModel(unpinned.name, { dir, signal, index, fetchSource: fails('asked') })
    await begun.promise
    await rm(join(dir, unpinned.file))
    await index.look()
    await expect(pull).rejects.toMatchObject({ code: 'RIPPLE_MODEL_MISSING' })
  })

  test('a file that is here is not fetched again', async () => {
    await writeFile(join(dir, unpinned.file), content)
    const pulled = await pullModel(unpinned.name, {
      dir,
      readHeads,
      signal,
      fetchSource: fails('asked all the same'),
    })
    expect(pulled.sha256).toBe(digest)
  })

  test('a wrong checksum names the file and leaves nothing under its name', async () => {
    const pull = pullModel(pinned.name, { dir, signal, fetchSource: gives(content) })
    await expect(pull).rejects.toMatchObject({
      code: 'RIPPLE_MODEL_CHECKSUM',
      facts: { file: join(dir, pinned.file), found: digest, wanted: pinned.sha256 },
    })
    expect(await left()).toEqual([])
  })

  test('a local file with a wrong checksum is an error and is not replaced', async () => {
    await writeFile(join(dir, pinned.file), content)
    const pull = pullModel(pinned.name, { dir, signal, fetchSource: fails('asked') })
    await expect(pull).rejects.toMatchObject({ code: 'RIPPLE_MODEL_CHECKSUM' })
    expect(await readFile(join(dir, pinned.file), 'utf8')).toBe(content)
  })

  test('an unpinned download with another checksum than its source states is refused', async () => {
    const pull = pullModel(unpinned.name, {
      dir,
      readHeads,
      signal,
      fetchSource: gives(content, '0'.repeat(64)),
    })
    await expect(pull).rejects.toMatchObject({ code: 'RIPPLE_MODEL_CHECKSUM' })
  })

  test('a pull without any source reports the answer of each', async () => {
    const peers = peersThat(fails('they are away'))
    const pull = pullModel(pinned.name, { dir, signal, peers, fetchSource: fails('it is away') })
    await expect(pull).rejects.toMatchObject({ code: 'RIPPLE_MODEL_UNREACHABLE' })
    await expect(pull).rejects.toThrow(/peers: they are away; Hugging Face .*: it is away/)
  })

  test('a full disk ends a pull, and no other source is asked', async () => {
    const peers = peersThat(() => Promise.reject(new RippleError('RIPPLE_DISK_FULL', { path: dir })))
    const fetchSource = vi.fn(fails('asked'))
    await expect(pullModel(pinned.name, { dir, signal, peers, fetchSource })).rejects.toMatchObject({
      code: 'RIPPLE_DISK_FULL',
    })
    expect(fetchSource).not.toHaveBeenCalled()
  })

  test('the second of two pulls waits for the first and says so', async () => {
    const begun = Promise.withResolvers<void>()
    const goesOn = Promise.withResolvers<void>()
    const fetchSource = vi.fn(async (source: Source, download: Download) => {
      begun.resolve()
      await goesOn.promise
      return gives(content, digest)(source, download)
    })
    const waits: string[] = []
    const onProgress = (_bytes: number, _total: number | null, source: string): void => {
      waits.push(source)
      goesOn.resolve()
    }
    const first = pullModel(unpinned.name, { dir, readHeads, signal, fetchSource })
    await begun.promise
    const second = pullModel(unpinned.name, { dir, readHeads, signal, fetchSource, onProgress })
    expect(await second).toEqual(await first)
    expect(waits[0]).toBe(`waits for the download of ${unpinned.name} by process ${process.pid}`)
    expect(fetchSource).toHaveBeenCalledTimes(1)
    expect(await left()).toEqual(['.facts.json', unpinned.file])
  })

  test('a waiting pull ends when it is aborted', async () => {
    using _held = tryLock(dir)
    const reason = new Error('enough')
    const stop = new AbortController()
    const onProgress = (): void => stop.abort(reason)
    const pull = pullModel(unpinned.name, {
      dir,
      signal: stop.signal,
      onProgress,
      fetchSource: fails('asked'),
    })
    await expect(pull).rejects.toBe(reason)
  })

  test('a failed pull leaves its bytes to the next', async () => {
    await writeFile(join(dir, `${unpinned.file}.part`), 'a mo')
    const stops = async (_source: Source, { part }: Download): Promise<never> => {
      await appendFile(part, 'de')
      throw new RippleError('RIPPLE_INTERNAL', { detail: 'cut off' })
    }
    await expect(pullModel(unpinned.name, { dir, readHeads, signal, fetchSource: stops })).rejects.toThrow(
      /cut off/,
    )
    const goesOn = async (_source: Source, { part }: Download) => {
      await appendFile(part, 'l')
      return { claimedSha256: digest }
    }
    const pulled = await pullModel(unpinned.name, { dir, readHeads, signal, fetchSource: goesOn })
    expect(await readFile(pulled.path, 'utf8')).toBe(content)
    expect(await left()).toEqual(['.facts.json', unpinned.file])
  })

  test('a pull aborted while its file is checked leaves the file to the next', async () => {
    const stop = new AbortController()
    const reason = new Error('enough')
    const stops = async (source: Source, download: Download) => {
      const fetched = await gives(content, digest)(source, download)
      stop.abort(reason)
      return fetched
    }
    const pull = pullModel(unpinned.name, { dir, readHeads, signal: stop.signal, fetchSource: stops })
    await expect(pull).rejects.toBe(reason)
    expect(await left()).toEqual([`${unpinned.file}.part`])
    const goesOn = async (_source: Source, { part }: Download) => {
      expect(await readFile(part, 'utf8')).toBe(content)
      return { claimedSha256: digest }
    }
    const pulled = await pullModel(unpinned.name, { dir, readHeads, signal, fetchSource: goesOn })
    expect(await readFile(pulled.path, 'utf8')).toBe(content)
    expect(await left()).toEqual(['.facts.json', unpinned.file])
  })

  test('peers are asked first for a pinned file, and never for an unpinned one', async () => {
    const asked: unknown[] = []
    const wrong = peersThat(({ part }) => writeFile(part, 'not the model'))
    const peers: ModelPeers = {
      ...wrong,
      places: (wanted, ...rest) => {
        asked.push(wanted.sha256)
        return wrong.places(wanted, ...rest)
      },
    }
    const pull = pullModel(pinned.name, { dir, signal, peers, fetchSource: fails('away') })
    await expect(pull).rejects.toMatchObject({ code: 'RIPPLE_MODEL_CHECKSUM' })
    await pullModel(unpinned.name, { dir, readHeads, signal, peers, fetchSource: gives(content, digest) })
    expect(asked).toEqual([pinned.sha256])
  })

  test('a part of another file is thrown away and does not spoil the right one', async () => {
    await writeFile(join(dir, 'mine.gguf.part'), 'poison')
    const notes: string[] = []
    const peers = peersThat(async ({ part }) => {
      const here = (await stat(part).catch(() => null))?.size ?? 0
      await appendFile(part, content.slice(here))
    })
    const given = { dir, signal, peers, readHeads, note: (line: string) => void notes.push(line) }
    const pulled = await pullFile({ name: 'mine', sha256: digest, cid: null }, given)
    expect(await readFile(pulled.path, 'utf8')).toBe(content)
    expect(notes).toEqual(['peers: the partial download was of another file: it starts again'])
  })

  test.each([
    ['gives another file', ({ part }: Download) => writeFile(part, 'not the model')],
    ['says a size that no disk has', () => Promise.reject(new RippleError('RIPPLE_DISK_SHORT', {}))],
    [
      'ends after a false beginning',
      async ({ part }: Download) => {
        await writeFile(part, 'not')
        throw new RippleError('RIPPLE_INTERNAL', { detail: 'gone' })
      },
    ],
  ])('a peer that %s keeps nobody from the next one', async (_what, lies) => {
    const peers = peersThat(lies, async ({ part }) => {
      const here = (await stat(part).catch(() => null))?.size ?? 0
      await appendFile(part, content.slice(here))
    })
    const given = { dir, signal, peers, readHeads }
    const pulled = await pullFile({ name: 'mine', sha256: digest, cid: null }, given)
    expect(await readFile(pulled.path, 'utf8')).toBe(content)
    expect(await left()).toEqual(['.facts.json', 'mine.gguf'])
  })

  test('a file named by its CID is checked by its CID', async () => {
    const cid = await cidOf(Buffer.from(content))
    const that = (text: string) => peersThat(({ part }) => writeFile(part, text))
    const wanted = { name: 'mine', sha256: null, cid }
    const wrong = { dir, signal, readHeads, peers: that('another one') }
    await expect(pullFile(wanted, wrong)).rejects.toMatchObject({
      code: 'RIPPLE_MODEL_CHECKSUM',
      facts: { wanted: `that of ${cid}` },
    })
    expect(await left()).toEqual([])
    await writeFile(join(dir, 'mine.gguf'), 'of the same name')
    await expect(pullFile(wanted, { ...wrong, peers: that(content) })).rejects.toMatchObject({
      code: 'RIPPLE_MODEL_CHECKSUM',
    })
    await rm(join(dir, 'mine.gguf'))
    expect((await pullFile(wanted, { ...wrong, peers: that(content) })).sha256).toBe(digest)
  })

  test("an unpinned file is inspected before it gets a model's name", async () => {
    const pull = pullModel(unpinned.name, { dir, signal, fetchSource: gives('<html>sign in</html>') })
    await expect(pull).rejects.toMatchObject({
      code: 'RIPPLE_MODEL_CORRUPT',
      facts: { file: join(dir, unpinned.file) },
    })
    expect(await left()).toEqual([])
  })

  test('a file whose reader died stays, and the next pull inspects it again', async () => {
    let asked = 0
    const fetchSource = async (source: Source, download: Download) => {
      asked += 1
      return gives(content, digest)(source, download)
    }
    const died: typeof readHeads = async ([file = '']) =>
      new Map([[file, { type: 'unread', detail: 'its reader ended with SIGKILL' }]])
    const pull = pullModel(unpinned.name, { dir, signal, fetchSource, readHeads: died })
    await expect(pull).rejects.toMatchObject({
      code: 'RIPPLE_MODEL_UNREAD',
      facts: { file: join(dir, unpinned.file) },
    })
    expect([asked, await left()]).toEqual([1, [`${unpinned.file}.part`]])
    const goesOn = async (_source: Source, { part }: Download) => {
      expect(await readFile(part, 'utf8')).toBe(content)
      return { claimedSha256: digest }
    }
    await pullModel(unpinned.name, { dir, readHeads, signal, fetchSource: goesOn })
    expect(await left()).toEqual(['.facts.json', unpinned.file])
  })

  test('a download that filled the disk removes its part', async () => {
    const fills = async (_source: Source, { part }: Download): Promise<never> => {
      await writeFile(part, 'a mo')
      throw Object.assign(new Error('no space left on device'), { code: 'ENOSPC' })
    }
    const pull = pullModel(unpinned.name, { dir, readHeads, signal, fetchSource: fills })
    await expect(pull).rejects.toMatchObject({ code: 'RIPPLE_DISK_FULL' })
    expect(await left()).toEqual([])
  })

  test('peers without the file do not stop a pull', async () => {
    const peers = { find, places: fails('nobody has it') }
    const pull = pullModel(pinned.name, { dir, signal, peers, fetchSource: fails('away') })
    await expect(pull).rejects.toThrow(/peers: nobody has it; Hugging Face .*: away/)
  })

  test('a file named by its sha256 comes from peers alone and is checked', async () => {
    const peers = peersThat(({ part }) => writeFile(part, content))
    const given = { dir, signal, peers, readHeads }
    const pulled = await pullFile({ name: 'mine', sha256: digest, cid: null }, given)
    expect(pulled).toMatchObject({ path: join(dir, 'mine.gguf'), sha256: digest, bytes: content.length })
    const wrong = pullFile({ name: 'other', sha256: '0'.repeat(64), cid: null }, given)
    await expect(wrong).rejects.toMatchObject({ code: 'RIPPLE_MODEL_CHECKSUM' })
    expect(await left()).toEqual(['.facts.json', 'mine.gguf'])
  })

  test('a disk too short for one source may do for the next, or the pull says so', async () => {
    const short = new RippleError('RIPPLE_DISK_SHORT', {
      what: 'it',
      path: dir,
      needs_mib: 9,
      free_mib: 1,
      short_mib: 8,
    })
    const peers = peersThat(() => Promise.reject(short))
    const one = pullModel(pinned.name, { dir, signal, peers, fetchSource: gives(content) })
    await expect(one).rejects.toMatchObject({ code: 'RIPPLE_MODEL_CHECKSUM' })
    const none = pullModel(pinned.name, { dir, signal, peers, fetchSource: fails('away') })
    await expect(none).rejects.toBe(short)
  })

  test('an abort is passed on, and the next source is not asked', async () => {
    const stop = new AbortController()
    const reason = new Error('enough')
    const fetchSource = async (): Promise<never> => {
      stop.abort(reason)
      throw reason
    }
    await expect(pullModel(pinned.name, { dir, signal: stop.signal, fetchSource })).rejects.toBe(reason)
  })
})
