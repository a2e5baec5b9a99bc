/** The models folder as the store sees it. */
import { spawnSync } from 'node:child_process'
import {
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  rename,
  rm,
  stat,
  truncate,
  utimes,
  writeFile,
} from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { catalogue, findModel } from '../../../host/models/catalogue.ts'
import { Notes } from '../../../host/models/folder/notes.ts'
import type { Download } from '../../../host/models/sources/download.ts'
import type { ModelPeers } from '../../../host/models/sources/pull.ts'
import { ModelStore } from '../../../host/models/store.ts'
import { sha256Hex } from '../../harness/sha256.ts'
import { lookAgain, openStore } from './open-store.ts'
import { hostileHeads, tinyGguf } from './tiny-gguf.ts'

const signal = new AbortController().signal
const unpinned = findModel('Qwen3-4B')
const weights = tinyGguf()

let dir: string
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'ripple-store-'))
})
afterEach(() => rm(dir, { recursive: true, maxRetries: 5 }))

test('an empty folder offers nothing and lists the catalogue', async () => {
  const store = await openStore(join(dir, 'models'))
  expect(store.present()).toEqual([])
  const list = await store.list()
  expect(list.map(({ name }) => name)).toEqual(catalogue.map(({ name }) => name))
  expect(list.every(({ present, path }) => !present && path === null)).toBe(true)
})

test('a new file in the folder counts after the next scan', async () => {
  const store = await openStore(dir)
  expect(() => store.find('qwen3-4b')).toThrow(expect.objectContaining({ code: 'RIPPLE_MODEL_MISSING' }))
  await writeFile(join(dir, unpinned.file), weights)
  await lookAgain(store)
  expect(store.find('qwen3-4b')).toEqual({
    name: 'Qwen3-4B',
    sha256: sha256Hex(weights),
    path: join(dir, unpinned.file),
    bytes: weights.length,
    mtime_ms: (await stat(join(dir, unpinned.file))).mtimeMs,
    context_tokens: 40_960,
    chat_template: 'own',
  })
  expect(() => store.find('nobody')).toThrow(expect.objectContaining({ code: 'RIPPLE_MODEL_UNKNOWN' }))
})

test('a wrong checksum and a file that is not a model are problems and not offered', async () => {
  await writeFile(join(dir, catalogue[0]?.file ?? ''), 'not the model')
  await writeFile(join(dir, 'mine.gguf'), 'not a model')
  const store = await openStore(dir)
  expect(store.present()).toEqual([])
  expect(store.problems.map(({ code }) => code)).toEqual(['RIPPLE_MODEL_CHECKSUM', 'RIPPLE_MODEL_CORRUPT'])
})

test("a model of the user's own is named after its file", async () => {
  await writeFile(join(dir, 'mine.gguf'), tinyGguf())
  const store = await openStore(dir)
  expect(store.problems).toEqual([])
  expect(store.present()[0]).toMatchObject({ name: 'mine', context_tokens: 64, chat_template: 'none' })
  expect((await store.list()).at(-1)).toMatchObject({ name: 'mine', present: true, licence: 'unknown' })
})

test("the head of the user's own file is read again only after a change", async () => {
  const file = join(dir, 'mine.gguf')
  const then = new Date(1_000_000)
  const write = async (bytes: Buffer): Promise<void> => {
    await writeFile(file, bytes)
    await utimes(file, then, then)
  }
  await write(tinyGguf())
  const store = await openStore(dir)
  await write(Buffer.alloc(tinyGguf().length))
  await lookAgain(store)
  expect(store.present()).toMatchObject([{ name: 'mine', context_tokens: 64 }])
  await utimes(file, then, new Date(2_000_000))
  await lookAgain(store)
  expect([store.present(), store.problems.map(({ code }) => code)]).toEqual([[], ['RIPPLE_MODEL_CORRUPT']])
})

test('a file that is not a model can be removed by its name, alone', async () => {
  for (const name of ['film.gguf', 'Film.gguf']) await writeFile(join(dir, name), name)
  const store = await openStore(dir)
  await expect(store.remove('FILM')).rejects.toMatchObject({ code: 'RIPPLE_MODEL_AMBIGUOUS' })
  expect(await store.remove('Film')).toEqual({ path: join(dir, 'Film.gguf'), bytes: 9 })
  expect((await readdir(dir)).sort()).toEqual(['.facts.json', 'film.gguf'])
  expect(store.problems).toMatchObject([{ facts: { file: join(dir, 'film.gguf') } }])
})

test('a part of a download is listed with its bytes, and can be removed by its name', async () => {
  const store = await openStore(dir)
  for (const file of [unpinned.file, 'mine.gguf']) await writeFile(join(dir, `${file}.part`), 'four')
  const parts = (await store.list()).filter(({ part_bytes }) => part_bytes > 0)
  expect(parts).toMatchObject([
    { name: unpinned.name, part_bytes: 4, present: false, path: null },
    { name: 'mine', part_bytes: 4, present: false, path: null },
  ])
  for (const { name } of parts) expect(await store.remove(name)).toMatchObject({ bytes: 4 })
  expect((await store.list()).some(({ part_bytes }) => part_bytes > 0)).toBe(false)
  await expect(store.remove(unpinned.name)).rejects.toMatchObject({ code: 'RIPPLE_MODEL_MISSING' })
})

test('a file that has vanished is missing when it is to be removed', async () => {
  const file = join(dir, 'mine.gguf')
  await writeFile(file, tinyGguf())
  const store = await openStore(dir)
  await rm(file)
  await expect(store.remove('Mine')).rejects.toMatchObject({
    code: 'RIPPLE_MODEL_MISSING',
    facts: { model: 'mine' },
  })
  expect(store.present()).toEqual([])
})

test('a model whose file vanished or was replaced is found to be gone', async () => {
  await writeFile(join(dir, unpinned.file), weights)
  await writeFile(join(dir, 'mine.gguf'), tinyGguf())
  const store = await openStore(dir)
  await rm(join(dir, unpinned.file))
  await lookAgain(store)
  expect(store.present().map(({ name }) => name)).toEqual(['mine'])
  await writeFile(join(dir, 'mine.gguf'), 'a film')
  await lookAgain(store)
  expect([store.present(), store.problems.map(({ code }) => code)]).toEqual([[], ['RIPPLE_MODEL_CORRUPT']])
})

test('a replaced file of the same size is another model after the next scan', async () => {
  const file = join(dir, 'mine.gguf')
  const other = tinyGguf().fill(1, weights.length - 1)
  await writeFile(file, tinyGguf())
  const store = await openStore(dir)
  expect(store.find('mine').sha256).toBe(sha256Hex(tinyGguf()))
  await writeFile(`${file}.new`, other)
  await utimes(`${file}.new`, 1, 2_000_000_000)
  await rename(`${file}.new`, file)
  await lookAgain(store)
  expect(store.find('mine').sha256).toBe(sha256Hex(other))
})

test('heads that claim more than the file holds are refused and read once', async () => {
  const files = Object.keys(hostileHeads).map((_, at) => `hostile-${at}.gguf`)
  for (const [at, head] of Object.values(hostileHeads).entries())
    await writeFile(join(dir, files[at] ?? ''), head)
  const store = await openStore(dir)
  expect(store.present()).toEqual([])
  const claims = { detail: 'its head claims more than the file holds' }
  expect(store.problems.map(({ code, facts }) => [code, facts])).toEqual(
    files.map((file) => ['RIPPLE_MODEL_CORRUPT', { file: join(dir, file), ...claims }]),
  )
  const notes = JSON.parse(await readFile(join(dir, '.facts.json'), 'utf8'))
  expect(files.map((file) => notes[file].head.type)).toEqual(files.map(() => 'unreadable'))
  for (const file of files) notes[file].head.detail = 'as the notes have it'
  await writeFile(join(dir, '.facts.json'), JSON.stringify(notes))
  const { problems } = await openStore(dir)
  expect(problems.map(({ facts }) => facts.detail)).toEqual(files.map(() => 'as the notes have it'))
})

describe('a slow file', () => {
  /** A file that takes minutes to read, and no room. */
  const sparse = async (name: string, bytes: number): Promise<string> => {
    await writeFile(join(dir, name), '')
    await truncate(join(dir, name), bytes)
    return join(dir, name)
  }

  test('a file that is being indexed is not fetched from peers', async () => {
    using store = await openStore(dir)
    await writeFile(join(dir, 'mine.gguf'), tinyGguf())
    await store.index.look()
    expect(store.present()).toEqual([])
    expect(await store.pull(sha256Hex(tinyGguf()), {}, signal)).toMatchObject({ name: 'mine', present: true })
  })

  test('a slow file does not keep a small one from being offered', async () => {
    using store = await ModelStore.open(dir)
    await writeFile(join(dir, 'small.gguf'), tinyGguf())
    const large = await sparse('large.gguf', 2 ** 37)
    await store.index.modelOf('small.gguf', signal)
    expect([store.present().map(({ name }) => name), store.indexing]).toEqual([['small'], ['large']])
    expect((await store.remove('Large')).path).toBe(large)
  })

  test('a slow file does not hide a larger known one', async () => {
    using store = await openStore(dir)
    await sparse('large.gguf', 2 ** 37)
    const { size, mtimeMs } = await stat(await sparse('known.gguf', 2 ** 38))
    const head = { type: 'head', context_tokens: 64, chat_template: 'none' } as const
    const known = { bytes: size, mtime_ms: mtimeMs, sha256: 'its sha256', head }
    await new Notes(dir).keep('known.gguf', known)
    expect((await store.list()).find(({ name }) => name === 'large')).toMatchObject({ indexing: true })
    expect(store.present().map(({ name }) => name)).toEqual(['known'])
  })

  test('a known bad file is not listed as being indexed', async () => {
    await mkdir(join(dir, 'a folder.gguf'))
    using store = await openStore(dir)
    await sparse('large.gguf', 2 ** 37)
    expect((await store.list()).filter(({ indexing }) => indexing).map(({ name }) => name)).toEqual(['large'])
    expect(store.problems).toMatchObject([{ code: 'RIPPLE_MODEL_CORRUPT' }])
  })

  test('a slow file does not delay the opening, and is found once indexed', async () => {
    const large = await sparse('large.gguf', 2 ** 37)
    await writeFile(join(dir, 'mine.gguf'), tinyGguf())
    using store = await ModelStore.open(dir)
    expect([store.present(), store.indexing]).toEqual([[], ['large', 'mine']])
    expect(() => store.find('Large')).toThrow(
      expect.objectContaining({
        code: 'RIPPLE_MODEL_UNREAD',
        facts: expect.objectContaining({ file: large }),
      }),
    )
    const notes: string[] = []
    await store.waitFor(sha256Hex(tinyGguf()), (line) => void notes.push(line), signal)
    expect(store.present().map(({ name }) => name)).toEqual(['mine'])
    expect(notes).toEqual(['waits until this has been indexed, which is new here: large, mine'])
    await store.waitFor(sha256Hex(tinyGguf()), (line) => void notes.push(line), signal)
    expect(notes.length).toBe(1)
  })

  /** Makes peers of which one has a file of that content. */
  const peersWith = (content: Buffer, bytes = content.length): ModelPeers => {
    const sha256 = sha256Hex(content)
    const fetch = async ({ part }: Download) => {
      await writeFile(part, content)
      return { claimedSha256: null }
    }
    return {
      find: async () => ({ name: 'theirs', sha256, cid: null, bytes }),
      places: async () => [{ name: 'peers', fetch }],
    }
  }

  test('a slow file does not delay a pull of a file of another size', async () => {
    await sparse('large.gguf', 2 ** 37)
    using store = await ModelStore.open(dir)
    const notes: string[] = []
    const options = { peers: peersWith(tinyGguf()), note: (line: string) => void notes.push(line) }
    expect(await store.pull(sha256Hex(tinyGguf()), options, signal)).toMatchObject({ name: 'theirs' })
    expect(notes).toEqual([])
  })

  test.each(['a peer offers', 'nobody offers'])(
    'a pull waits for a slow file, with a note, if %s what it may be',
    async (what) => {
      await writeFile(join(dir, 'mine.gguf'), '')
      using store = await ModelStore.open(dir)
      const other = Buffer.from('other')
      await sparse('large.gguf', 2 ** 37)
      const gone = new AbortController()
      const notes: string[] = []
      const note = (line: string): void => {
        notes.push(line)
        gone.abort(new Error('long enough'))
      }
      const peers = what === 'a peer offers' ? { peers: peersWith(other, 2 ** 37) } : {}
      const pull = store.pull(sha256Hex(other), { ...peers, note }, gone.signal)
      await expect(pull).rejects.toThrow('long enough')
      expect(notes).toEqual([
        `waits until this has been indexed, which is new here: ${what === 'a peer offers' ? 'large' : 'large, mine'}`,
      ])
    },
  )

  test('a file that is being indexed is listed as such and can be removed', async () => {
    using store = await openStore(dir)
    const large = await sparse('large.gguf', 2 ** 37)
    const entry = (await store.list()).at(-1)
    expect(entry).toMatchObject({ name: 'large', indexing: true, present: false, sha256: null })
    expect(await store.remove('Large')).toMatchObject({ path: large })
  })

  test.each(['a pipe', 'a folder'])(
    'an entry that is %s is not a model and holds up no other',
    async (what) => {
      const odd = join(dir, 'odd.gguf')
      expect(spawnSync(what === 'a pipe' ? 'mkfifo' : 'mkdir', [odd]).status).toBe(0)
      await writeFile(join(dir, 'mine.gguf'), tinyGguf())
      using store = await openStore(dir, AbortSignal.timeout(10_000))
      expect(store.present().map(({ name }) => name)).toEqual(['mine'])
      const facts = { file: odd, detail: 'it is not a regular file' }
      expect(store.problems).toMatchObject([{ code: 'RIPPLE_MODEL_CORRUPT', facts }])
    },
  )
})
