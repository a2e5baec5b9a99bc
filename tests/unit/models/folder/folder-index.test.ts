/** The index of a models folder: what is read, in which order, and what is remembered. */
import {
  appendFile,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  rm,
  stat,
  symlink,
  utimes,
  writeFile,
} from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { basename, join, resolve } from 'node:path'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { limits } from '../../../../host/limits.ts'
import { FolderIndex, type IndexSteps, isIndexing } from '../../../../host/models/folder/folder-index.ts'
import { Notes } from '../../../../host/models/folder/notes.ts'
import type { readHeads } from '../../../../host/models/inspect/inspect.ts'
import { type GgufHead, HEAD_READER, type HeadRead } from '../../../../host/models/inspect/inspect-words.ts'
import { orAborted } from '../../../../host/types/or-aborted.ts'
import { sha256Hex } from '../../../harness/sha256.ts'

const signal = new AbortController().signal
const head: GgufHead = { type: 'head', context_tokens: 64, chat_template: 'none' }
const killed: HeadRead = { type: 'unread', detail: 'its reader ended with SIGKILL' }
const film: HeadRead = { type: 'unreadable', detail: 'it is a film' }

let dir: string
/** The files that each reading process was given. */
let inspected: string[][]
/** The outcomes of the next inspections; a head by default. */
let outcomes: HeadRead[]
/** A reading process waits for this before it reads. */
let held: Promise<void>
let open: DisposableStack
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'ripple-index-'))
  ;[inspected, outcomes, held, open] = [[], [], Promise.resolve(), new DisposableStack()]
})
afterEach(async () => {
  vi.restoreAllMocks()
  open.dispose()
  await rm(dir, { recursive: true, maxRetries: 5 })
})

/** A stand-in for the processes that read heads. */
const inspect: typeof readHeads = async (files, _signal, onHead = () => {}) => {
  inspected.push(files.map((file) => basename(file)))
  await held
  const heads = new Map(files.map((file) => [file, outcomes.shift() ?? head]))
  for (const [file, found] of heads) onHead(file, found)
  return heads
}
const openIndex = (steps: IndexSteps = {}): FolderIndex =>
  open.use(new FolderIndex(dir, { readHeads: inspect, ...steps }))
const put = (name: string, content = name): Promise<void> => writeFile(join(dir, name), content)
const stored = async () => JSON.parse(await readFile(join(dir, '.facts.json'), 'utf8'))
const states = ({ files }: FolderIndex) =>
  files.map(
    (one) => `${one.file} ${isIndexing(one) ? 'indexing' : one.model === null ? 'failed' : 'indexed'}`,
  )
/** Looks at the folder, and returns the head of its only file once that is indexed. */
const headIn = async (index: FolderIndex) => {
  await index.look()
  await index.settled(signal)
  return index.files[0]?.head
}
/** A reading that ends only by its signal. */
const endless = (_file: string, stop: AbortSignal): Promise<string> =>
  orAborted(new Promise<string>(() => {}), stop)

describe('a look at the folder', () => {
  test('a new file is indexing at once, and indexed later', async () => {
    await put('a.gguf')
    const index = openIndex()
    await index.look()
    expect(states(index)).toEqual(['a.gguf indexing'])
    await index.settled(signal)
    expect(index.files).toMatchObject([{ model: { name: 'a', bytes: 6 }, sha256: sha256Hex('a.gguf'), head }])
  })

  test('each change of the table is reported until the listener ends', async () => {
    await put('a.gguf')
    const index = openIndex()
    const seen: string[] = []
    const off = index.onChange(() => void seen.push(...states(index)))
    await index.look()
    await index.settled(signal)
    expect([seen[0], seen.at(-1)]).toEqual(['a.gguf indexing', 'a.gguf indexed'])
    off()
    const before = seen.length
    await index.look()
    expect(seen.length).toBe(before)
  })

  test('a removed file leaves the table, and its reading stops', async () => {
    await put('a.gguf')
    const stopped = Promise.withResolvers<void>()
    const sha256Of: IndexSteps['sha256Of'] = (file, stop) => {
      stop.addEventListener('abort', () => stopped.resolve())
      return endless(file, stop)
    }
    const index = openIndex({ sha256Of })
    await index.look()
    const waits = index.modelOf('a.gguf', signal)
    await index.look()
    await rm(join(dir, 'a.gguf'))
    await index.look()
    await stopped.promise
    await expect(waits).rejects.toMatchObject({ code: 'RIPPLE_MODEL_MISSING' })
    expect(index.files).toEqual([])
  })

  test('a vanished file and a dangling link are missing', async () => {
    await symlink(join(dir, 'nothing'), join(dir, 'link.gguf'))
    const missing = { code: 'RIPPLE_MODEL_MISSING' }
    await expect(openIndex().modelOf('a.gguf', signal)).rejects.toMatchObject(missing)
    await expect(openIndex().modelOf('link.gguf', signal)).rejects.toMatchObject(missing)
  })

  test('an unreadable file fails, and the next look tries again', async () => {
    await put('a.gguf')
    let works = false
    const sha256Of = async (): Promise<string> => {
      if (!works) throw new TypeError('the disk is broken')
      return 'its sha256'
    }
    const index = openIndex({ sha256Of })
    await expect(index.modelOf('a.gguf', signal)).rejects.toThrow('the disk is broken')
    works = true
    expect(await index.modelOf('a.gguf', signal)).toMatchObject({ sha256: 'its sha256' })
  })

  test('a caller that gives up does not end the reading', async () => {
    await put('a.gguf')
    const read = Promise.withResolvers<string>()
    const sha256Of = vi.fn(() => read.promise)
    const index = openIndex({ sha256Of })
    const gone = new AbortController()
    const first = index.modelOf('a.gguf', gone.signal)
    await expect.poll(() => sha256Of).toHaveBeenCalled()
    gone.abort(new Error('gone'))
    await expect(first).rejects.toThrow('gone')
    const others = [index.modelOf('a.gguf', signal), index.modelOf('a.gguf', signal)]
    read.resolve('its sha256')
    for (const other of others) expect((await other).sha256).toBe('its sha256')
    expect(sha256Of).toHaveBeenCalledTimes(1)
  })

  test('a disposed index reads no further, and its callers are rejected', async () => {
    await put('a.gguf')
    const index = openIndex({ sha256Of: endless })
    const waits = index.modelOf('a.gguf', signal)
    await index.look()
    index[Symbol.dispose]()
    await expect(waits).rejects.toMatchObject({ name: 'AbortError' })
  })
})

describe('the reading of files', () => {
  test('files are read one by one, the smallest first', async () => {
    const sizes = { a: 5, b: 9, c: 7, d: 8 }
    const read: string[] = []
    const turns = new Map(Object.keys(sizes).map((name) => [name, Promise.withResolvers<string>()]))
    const sha256Of: IndexSteps['sha256Of'] = (file, stop) => {
      const name = basename(file, '.gguf')
      read.push(name)
      return orAborted(turns.get(name)?.promise ?? Promise.resolve(''), stop)
    }
    for (const [name, size] of Object.entries(sizes)) await put(`${name}.gguf`, 'x'.repeat(size))
    const index = openIndex({ sha256Of })
    await index.look()
    expect(read).toEqual(['a'])
    await rm(join(dir, 'd.gguf'))
    await index.look()
    turns.get('a')?.resolve('of a')
    await expect.poll(() => read).toEqual(['a', 'c'])
    turns.get('c')?.reject(new Error('the disk is broken'))
    await expect.poll(() => read).toEqual(['a', 'c', 'b'])
    turns.get('b')?.resolve('of b')
    expect((await index.modelOf('b.gguf', signal)).sha256).toBe('of b')
  })

  test('a file that is still written is read again at the next look', async () => {
    await put('a.gguf', 'o')
    const sha256Of = vi.fn().mockImplementationOnce(endless).mockResolvedValue('its sha256')
    const index = openIndex({ sha256Of })
    const early = index.modelOf('a.gguf', signal)
    await expect.poll(() => sha256Of).toHaveBeenCalled()
    await appendFile(join(dir, 'a.gguf'), 'ne')
    expect(await index.modelOf('a.gguf', signal)).toMatchObject({ sha256: 'its sha256', bytes: 3 })
    expect(await early).toMatchObject({ bytes: 3 })
    expect(sha256Of).toHaveBeenCalledTimes(2)
  })

  test('the sha256 of a file that changed while it was read is not kept', async () => {
    await put('a.gguf', 'one')
    const sha256Of = vi.fn().mockImplementationOnce(async (file: string) => {
      await appendFile(file, ' and more')
      return 'of a mixture'
    })
    sha256Of.mockResolvedValue('its sha256')
    const index = openIndex({ sha256Of })
    const unread = { code: 'RIPPLE_MODEL_UNREAD', facts: { detail: 'it changes while it is read' } }
    await expect(index.modelOf('a.gguf', signal)).rejects.toMatchObject(unread)
    await expect(stored()).rejects.toMatchObject({ code: 'ENOENT' })
    expect(await index.modelOf('a.gguf', signal)).toMatchObject({ sha256: 'its sha256' })
  })
})

describe('the notes of a folder', () => {
  test("a checksum is remembered until the file's size or time changes", async () => {
    const then = new Date(1_000_000)
    const write = async (content: string, at: Date): Promise<string> => {
      await put('a.gguf', content)
      await utimes(join(dir, 'a.gguf'), then, at)
      return (await openIndex().modelOf('a.gguf', signal)).sha256
    }
    expect(await write('one', then)).toBe(sha256Hex('one'))
    expect(await write('two', then)).toBe(sha256Hex('one'))
    expect(await write('two', new Date(2_000_000))).toBe(sha256Hex('two'))
  })

  test('simultaneous notes are all kept', async () => {
    const names = Array.from({ length: 20 }, (_, at) => `${at}.gguf`)
    const notes = new Notes(dir)
    const note = { bytes: 1, mtime_ms: 1, sha256: 'its sha256', head: null }
    await Promise.all(names.map((name) => notes.keep(name, note)))
    expect(Object.keys(await stored()).sort()).toEqual([...names].sort())
    expect(await readdir(dir)).toEqual(['.facts.json'])
  })

  test('unreadable notes are replaced', async () => {
    await put('.facts.json', '{"a.gguf": 7')
    await put('a.gguf', 'one')
    expect((await openIndex().modelOf('a.gguf', signal)).sha256).toBe(sha256Hex('one'))
    expect(await stored()).toMatchObject({ 'a.gguf': { sha256: sha256Hex('one') } })
  })

  test('unwritable notes cost only time', async () => {
    await mkdir(join(dir, '.facts.json'))
    await put('a.gguf', 'one')
    expect((await openIndex().modelOf('a.gguf', signal)).sha256).toBe(sha256Hex('one'))
  })

  test('the note that another process wrote meanwhile is kept', async () => {
    await put('a.gguf', 'one')
    const { size, mtimeMs } = await stat(join(dir, 'a.gguf'))
    const noted = { bytes: size, mtime_ms: mtimeMs, sha256: sha256Hex('one'), head: film as GgufHead }
    const index = openIndex({
      sha256Of: async () => {
        await new Notes(dir).keep('a.gguf', noted)
        return sha256Hex('one')
      },
    })
    expect(await headIn(index)).toEqual(film)
    expect([inspected, await new Notes(dir).read()]).toEqual([[], { 'a.gguf': noted }])
  })

  test("a reader's verdict is remembered until another reader comes", async () => {
    await put('a.gguf')
    outcomes = [film]
    expect(await headIn(openIndex())).toEqual(film)
    expect(await headIn(openIndex())).toEqual(film)
    expect(inspected).toHaveLength(1)
    const notes = await stored()
    notes['a.gguf'] = { ...notes['a.gguf'], sha256: 'as the notes have it', reader: '0' }
    await put('.facts.json', JSON.stringify(notes))
    const index = openIndex()
    expect([await headIn(index), index.files[0]?.sha256]).toEqual([head, 'as the notes have it'])
    expect(inspected).toHaveLength(2)
  })

  test('the reader is named by the version of node-llama-cpp', async () => {
    const manifest = await readFile(resolve(import.meta.dirname, '../../../../package.json'), 'utf8')
    const version: string = JSON.parse(manifest).dependencies['node-llama-cpp']
    expect(HEAD_READER.endsWith(` with node-llama-cpp ${version}`)).toBe(true)
  })
})

describe('the inspection of heads', () => {
  test('heads of files that are read during an inspection are read together after it', async () => {
    for (const name of ['a.gguf', 'b.gguf', 'c.gguf']) await put(name)
    const go = Promise.withResolvers<void>()
    held = go.promise
    const index = openIndex()
    await index.look()
    await index.until(() => index.files.every(({ sha256 }) => sha256 !== null), signal)
    go.resolve()
    await index.settled(signal)
    expect(inspected).toEqual([['a.gguf'], ['b.gguf', 'c.gguf']])
    expect(index.files.map((file) => file.head)).toEqual([head, head, head])
  })

  test('a file replaced while its head is read gets the head of the new file', async () => {
    await put('a.gguf')
    const go = Promise.withResolvers<void>()
    ;[held, outcomes] = [go.promise, [film]]
    const index = openIndex()
    await index.look()
    await expect.poll(() => inspected).toHaveLength(1)
    await put('a.gguf', 'another')
    const second = index.modelOf('a.gguf', signal)
    await index.look()
    go.resolve()
    expect(await second).toMatchObject({ bytes: 'another'.length })
    expect((await stored())['a.gguf']).toMatchObject({ bytes: 'another'.length, head })
  })

  test("a reader's death is reported, not remembered, and the file is tried again", async () => {
    await put('a.gguf')
    outcomes = [killed]
    const index = openIndex()
    const unread = {
      code: 'RIPPLE_MODEL_UNREAD',
      facts: { file: join(dir, 'a.gguf'), detail: 'its reader ended with SIGKILL' },
    }
    await expect(index.modelOf('a.gguf', signal)).rejects.toMatchObject(unread)
    await expect(index.modelOf('a.gguf', signal)).rejects.toMatchObject(unread)
    expect([inspected.length, (await stored())['a.gguf'].head]).toEqual([1, null])
    vi.spyOn(performance, 'now').mockReturnValue(performance.now() + limits.model_head_again_ms.min)
    expect(await headIn(index)).toEqual(head)
  })

  test('a file that kills its reader each time is retried at growing intervals', async () => {
    await put('a.gguf')
    outcomes = Array.from({ length: 9 }, () => killed)
    const index = openIndex()
    let now = 0
    vi.spyOn(performance, 'now').mockImplementation(() => now)
    const waits: number[] = []
    for (let before = 0; inspected.length < 9; now += limits.model_head_again_ms.min) {
      await expect(index.modelOf('a.gguf', signal)).rejects.toMatchObject({ code: 'RIPPLE_MODEL_UNREAD' })
      if (inspected.length === waits.length) continue
      waits.push((now - before) / limits.model_head_again_ms.min)
      before = now
    }
    expect(waits).toEqual([0, 1, 2, 4, 8, 16, 32, 60, 60])
  })

  test('an inspection that cannot run fails all its files, and the next look tries again', async () => {
    for (const name of ['a.gguf', 'b.gguf']) await put(name)
    let works = false
    const readHeads: typeof inspect = async (...given) => {
      if (!works) throw new TypeError('no process')
      return inspect(...given)
    }
    const index = openIndex({ readHeads })
    for (const name of ['a.gguf', 'b.gguf'])
      await expect(index.modelOf(name, signal)).rejects.toThrow('no process')
    works = true
    expect(await headIn(index)).toEqual(head)
  })
})
