/** The models folder as the store sees it. */
import { spawnSync } from 'node:child_process'
import {
  appendFile,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  rename,
  rm,
  stat,
  symlink,
  truncate,
  utimes,
  writeFile,
} from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { catalogue, findModel } from '../../../host/models/catalogue.ts'
import type { Download } from '../../../host/models/download.ts'
import { FolderFacts } from '../../../host/models/facts.ts'
import type { ModelPeers } from '../../../host/models/pull.ts'
import { ModelStore } from '../../../host/models/store.ts'
import { orAborted } from '../../../host/types/or-aborted.ts'
import { sha256Hex } from '../../harness/sha256.ts'
import { hostileHeads, tinyGguf } from './tiny-gguf.ts'

const signal = new AbortController().signal
const unpinned = findModel('Qwen3-4B')
const weights = tinyGguf()

let dir: string
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'ripple-store-'))
})
afterEach(() => rm(dir, { recursive: true }))

test('an empty folder offers nothing and lists the catalogue', async () => {
  const store = await ModelStore.open(join(dir, 'models'), signal)
  expect(store.present()).toEqual([])
  const list = await store.list(signal)
  expect(list.map(({ name }) => name)).toEqual(catalogue.map(({ name }) => name))
  expect(list.every(({ present, path }) => !present && path === null)).toBe(true)
})

test('a new file in the folder counts after the next scan', async () => {
  const store = await ModelStore.open(dir, signal)
  expect(() => store.find('qwen3-4b')).toThrow(expect.objectContaining({ code: 'RIPPLE_MODEL_MISSING' }))
  await writeFile(join(dir, unpinned.file), weights)
  await store.scan(signal)
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
  const store = await ModelStore.open(dir, signal)
  expect(store.present()).toEqual([])
  expect(store.problems.map(({ code }) => code)).toEqual(['RIPPLE_MODEL_CHECKSUM', 'RIPPLE_MODEL_CORRUPT'])
})

test("a model of the user's own is named after its file", async () => {
  await writeFile(join(dir, 'mine.gguf'), tinyGguf())
  const store = await ModelStore.open(dir, signal)
  expect(store.problems).toEqual([])
  expect(store.present()[0]).toMatchObject({ name: 'mine', context_tokens: 64, chat_template: 'none' })
  expect((await store.list(signal)).at(-1)).toMatchObject({ name: 'mine', present: true, licence: 'unknown' })
})

test("the head of the user's own file is read again only after a change", async () => {
  const file = join(dir, 'mine.gguf')
  const then = new Date(1_000_000)
  const write = async (bytes: Buffer): Promise<void> => {
    await writeFile(file, bytes)
    await utimes(file, then, then)
  }
  await write(tinyGguf())
  const store = await ModelStore.open(dir, signal)
  await write(Buffer.alloc(tinyGguf().length))
  await store.scan(signal)
  expect(store.present()).toMatchObject([{ name: 'mine', context_tokens: 64 }])
  await utimes(file, then, new Date(2_000_000))
  await store.scan(signal)
  expect([store.present(), store.problems.map(({ code }) => code)]).toEqual([[], ['RIPPLE_MODEL_CORRUPT']])
})

test('a file that is not a model can be removed by its name, alone', async () => {
  for (const name of ['film.gguf', 'Film.gguf']) await writeFile(join(dir, name), name)
  const store = await ModelStore.open(dir, signal)
  await expect(store.remove('FILM', signal)).rejects.toMatchObject({ code: 'RIPPLE_MODEL_AMBIGUOUS' })
  expect(await store.remove('Film', signal)).toEqual({ path: join(dir, 'Film.gguf'), bytes: 9 })
  expect((await readdir(dir)).sort()).toEqual(['.facts.json', 'film.gguf'])
  expect(store.problems).toMatchObject([{ facts: { file: join(dir, 'film.gguf') } }])
})

test('a file that has vanished is missing when it is to be removed', async () => {
  const file = join(dir, 'mine.gguf')
  await writeFile(file, tinyGguf())
  const store = await ModelStore.open(dir, signal)
  await rm(file)
  await expect(store.remove('Mine', signal)).rejects.toMatchObject({
    code: 'RIPPLE_MODEL_MISSING',
    facts: { model: 'mine' },
  })
  expect(store.present()).toEqual([])
})

test('a model whose file vanished or was replaced is found to be gone', async () => {
  await writeFile(join(dir, unpinned.file), weights)
  await writeFile(join(dir, 'mine.gguf'), tinyGguf())
  const store = await ModelStore.open(dir, signal)
  await rm(join(dir, unpinned.file))
  await store.refresh(signal)
  expect(store.present().map(({ name }) => name)).toEqual(['mine'])
  await writeFile(join(dir, 'mine.gguf'), 'a film')
  await store.refresh(signal)
  expect([store.present(), store.problems.map(({ code }) => code)]).toEqual([[], ['RIPPLE_MODEL_CORRUPT']])
})

test('a replaced file of the same size is another model after the next scan', async () => {
  const file = join(dir, 'mine.gguf')
  const other = tinyGguf().fill(1, weights.length - 1)
  await writeFile(file, tinyGguf())
  const store = await ModelStore.open(dir, signal)
  expect(store.find('mine').sha256).toBe(sha256Hex(tinyGguf()))
  await writeFile(`${file}.new`, other)
  await utimes(`${file}.new`, 1, 2_000_000_000)
  await rename(`${file}.new`, file)
  await store.refresh(signal)
  expect(store.find('mine').sha256).toBe(sha256Hex(other))
})

test('unwritable facts cost only time', async () => {
  await writeFile(join(dir, unpinned.file), weights)
  await mkdir(join(dir, '.facts.json'))
  const store = await ModelStore.open(dir, signal)
  expect([store.problems, store.present().length]).toEqual([[], 1])
})

test("a checksum is remembered until the file's size or time changes", async () => {
  const facts = new FolderFacts(dir, signal)
  const file = join(dir, 'a.gguf')
  const then = new Date(1_000_000)
  await writeFile(file, 'one')
  await utimes(file, then, then)
  expect((await facts.of('a.gguf', signal)).sha256).toBe(sha256Hex('one'))
  await writeFile(file, 'two')
  await utimes(file, then, then)
  expect((await facts.of('a.gguf', signal)).sha256).toBe(sha256Hex('one'))
  await utimes(file, then, new Date(2_000_000))
  expect((await facts.of('a.gguf', signal)).sha256).toBe(sha256Hex('two'))
})

test('simultaneous facts are all remembered', async () => {
  const names = Array.from({ length: 20 }, (_, at) => `${at}.gguf`)
  for (const name of names) await writeFile(join(dir, name), name)
  const facts = new FolderFacts(dir, signal)
  const found = { bytes: 1, mtime_ms: 1, sha256: 'its sha256', head: null }
  await Promise.all(names.map((name) => facts.keep(name, found)))
  const notes = JSON.parse(await readFile(join(dir, '.facts.json'), 'utf8'))
  expect(Object.keys(notes).sort()).toEqual([...names].sort())
})

test('a vanished file is missing', async () => {
  await expect(new FolderFacts(dir, signal).of('a.gguf', signal)).rejects.toMatchObject({
    code: 'RIPPLE_MODEL_MISSING',
  })
  await symlink(join(dir, 'nothing'), join(dir, 'a.gguf'))
  const { problems } = await ModelStore.open(dir, signal)
  expect(problems.map(({ code }) => code)).toEqual(['RIPPLE_MODEL_MISSING'])
})

test('unreadable facts are replaced', async () => {
  await writeFile(join(dir, '.facts.json'), '{"a.gguf": 7')
  await writeFile(join(dir, 'a.gguf'), 'one')
  expect((await new FolderFacts(dir, signal).of('a.gguf', signal)).sha256).toBe(sha256Hex('one'))
})

test('heads that claim more than the file holds are refused and read once', async () => {
  const files = Object.keys(hostileHeads).map((_, at) => `hostile-${at}.gguf`)
  for (const [at, head] of Object.values(hostileHeads).entries())
    await writeFile(join(dir, files[at] ?? ''), head)
  const store = await ModelStore.open(dir, signal)
  expect(store.present()).toEqual([])
  const claims = { detail: 'its head claims more than the file holds' }
  expect(store.problems.map(({ code, facts }) => [code, facts])).toEqual(
    files.map((file) => ['RIPPLE_MODEL_CORRUPT', { file: join(dir, file), ...claims }]),
  )
  const notes = JSON.parse(await readFile(join(dir, '.facts.json'), 'utf8'))
  expect(files.map((file) => notes[file].head.type)).toEqual(files.map(() => 'unreadable'))
  for (const file of files) notes[file].head.detail = 'as the notes have it'
  await writeFile(join(dir, '.facts.json'), JSON.stringify(notes))
  const { problems } = await ModelStore.open(dir, signal)
  expect(problems.map(({ facts }) => facts.detail)).toEqual(files.map(() => 'as the notes have it'))
})

describe('a slow file', () => {
  /** A file that takes minutes to read, and no room. */
  const sparse = async (name: string, bytes: number): Promise<string> => {
    await writeFile(join(dir, name), '')
    await truncate(join(dir, name), bytes)
    return join(dir, name)
  }

  test('a slow file is read once for all who wait, also after the first left', async () => {
    await writeFile(join(dir, 'a.gguf'), 'one')
    const read = Promise.withResolvers<string>()
    let readings = 0
    const facts = new FolderFacts(dir, signal, () => {
      readings += 1
      return read.promise
    })
    const gone = new AbortController()
    const first = facts.of('a.gguf', gone.signal)
    await expect.poll(() => readings).toBe(1)
    gone.abort(new Error('gone'))
    await expect(first).rejects.toThrow('gone')
    const others = [facts.of('a.gguf', signal), facts.of('a.gguf', signal)]
    read.resolve('its sha256')
    for (const other of others) expect((await other).sha256).toBe('its sha256')
    expect(readings).toBe(1)
  })

  test('reading a slow file keeps the facts that another process wrote meanwhile', async () => {
    await writeFile(join(dir, 'a.gguf'), 'one')
    const { size, mtimeMs } = await stat(join(dir, 'a.gguf'))
    const head = { type: 'unreadable', detail: 'it is a film' } as const
    const noted = { bytes: size, mtime_ms: mtimeMs, sha256: sha256Hex('one'), head }
    const facts = new FolderFacts(dir, signal, async () => {
      await new FolderFacts(dir, signal).keep('a.gguf', noted)
      return sha256Hex('one')
    })
    expect(await facts.of('a.gguf', signal)).toEqual(noted)
    expect(await new FolderFacts(dir, signal).of('a.gguf', signal)).toEqual(noted)
  })

  test('a file that is being read is not fetched from peers', async () => {
    using store = await ModelStore.open(dir, signal)
    await writeFile(join(dir, 'mine.gguf'), tinyGguf())
    await store.scan(signal, AbortSignal.abort())
    expect(store.present()).toEqual([])
    expect(await store.pull(sha256Hex(tinyGguf()), {}, signal)).toMatchObject({ name: 'mine', present: true })
  })

  test('slow files are read one by one, the smallest first', async () => {
    const names = ['a.gguf', 'b.gguf', 'c.gguf', 'd.gguf']
    for (const [at, name] of names.entries())
      await writeFile(join(dir, name), 'x'.repeat([5, 9, 7, 8][at] ?? 0))
    const read: string[] = []
    const turns = new Map(names.map((name) => [name, Promise.withResolvers<string>()]))
    const facts = new FolderFacts(dir, signal, async (file, stop) => {
      read.push(basename(file))
      return orAborted(turns.get(basename(file))?.promise ?? Promise.resolve(''), stop)
    })
    const gone = AbortSignal.abort(new Error('no patience'))
    const first = facts.of('a.gguf', signal)
    await expect.poll(() => read).toEqual(['a.gguf'])
    // Nobody waits for these, and they are read all the same.
    for (const name of ['b.gguf', 'c.gguf', 'd.gguf'])
      await expect(facts.of(name, gone)).rejects.toThrow('no patience')
    facts.forget('d.gguf')
    turns.get('a.gguf')?.resolve('of a')
    expect((await first).sha256).toBe('of a')
    await expect.poll(() => read).toEqual(['a.gguf', 'c.gguf'])
    turns.get('c.gguf')?.reject(new Error('the disk is broken'))
    await expect.poll(() => read).toEqual(['a.gguf', 'c.gguf', 'b.gguf'])
    turns.get('b.gguf')?.resolve('of b')
    expect((await facts.of('b.gguf', signal)).sha256).toBe('of b')
  })

  test('a file that is still written is read once for all scans', async () => {
    const file = join(dir, 'a.gguf')
    await writeFile(file, 'o')
    let readings = 0
    const facts = new FolderFacts(dir, signal, async (_file, stop) => {
      readings += 1
      return readings === 1 ? orAborted(new Promise<string>(() => {}), stop) : 'its sha256'
    })
    const early = facts.of('a.gguf', signal)
    await expect.poll(() => readings).toBe(1)
    await appendFile(file, 'ne')
    const [one, other] = await Promise.allSettled([early, facts.of('a.gguf', signal)])
    expect(one).toMatchObject({ reason: { code: 'RIPPLE_MODEL_UNREAD', facts: { file } } })
    expect(other).toMatchObject({ value: { sha256: 'its sha256', bytes: 3 } })
  })

  test('a slow file does not keep a small one from being offered', async () => {
    const store = await ModelStore.open(dir, signal)
    await writeFile(join(dir, 'small.gguf'), tinyGguf())
    const large = await sparse('large.gguf', 2 ** 37)
    const look = new AbortController()
    const looks = store.scan(signal, look.signal)
    const heads = async () => JSON.parse(await readFile(join(dir, '.facts.json'), 'utf8'))['small.gguf']?.head
    await expect.poll(() => heads().catch(() => null), { timeout: 15_000 }).toMatchObject({ type: 'head' })
    look.abort()
    await looks
    expect(store.present().map(({ name }) => name)).toEqual(['small'])
    expect((await store.remove('Large', signal)).path).toBe(large)
    store[Symbol.dispose]()
  })

  test('a slow file does not hide a larger known one', async () => {
    using store = await ModelStore.open(dir, signal)
    await sparse('large.gguf', 2 ** 37)
    const { size, mtimeMs } = await stat(await sparse('known.gguf', 2 ** 38))
    const head = { type: 'head', context_tokens: 64, chat_template: 'none' } as const
    const known = { bytes: size, mtime_ms: mtimeMs, sha256: 'its sha256', head }
    await new FolderFacts(dir, signal).keep('known.gguf', known)
    expect((await store.list(signal)).find(({ name }) => name === 'large')).toMatchObject({ reading: true })
    expect(store.present().map(({ name }) => name)).toEqual(['known'])
  })

  test('a known bad file is not listed as being read', async () => {
    await mkdir(join(dir, 'a folder.gguf'))
    using store = await ModelStore.open(dir, signal)
    await sparse('large.gguf', 2 ** 37)
    expect((await store.list(signal)).filter(({ reading }) => reading).map(({ name }) => name)).toEqual([
      'large',
    ])
    expect(store.problems).toMatchObject([{ code: 'RIPPLE_MODEL_CORRUPT' }])
  })

  test('a slow file does not delay an impatient opening, and is found once read', async () => {
    const large = await sparse('large.gguf', 2 ** 37)
    await writeFile(join(dir, 'mine.gguf'), tinyGguf())
    using store = await ModelStore.open(dir, signal, AbortSignal.abort())
    expect([store.present(), store.reading.sort()]).toEqual([[], ['large', 'mine']])
    expect(() => store.find('Large')).toThrow(
      expect.objectContaining({
        code: 'RIPPLE_MODEL_UNREAD',
        facts: expect.objectContaining({ file: large }),
      }),
    )
    const notes: string[] = []
    await store.waitFor(sha256Hex(tinyGguf()), (line) => void notes.push(line), signal)
    expect(store.present().map(({ name }) => name)).toEqual(['mine'])
    expect(notes).toEqual(['waits until this has been read, which is new here: large, mine'])
    await store.waitFor(sha256Hex(tinyGguf()), (line) => void notes.push(line), signal)
    expect(notes.length).toBe(1)
  })

  /** Makes peers of which one has a file of that content. */
  const peersWith = (content: Buffer): ModelPeers => {
    const sha256 = sha256Hex(content)
    const fetch = async ({ part }: Download) => {
      await writeFile(part, content)
      return { claimedSha256: null }
    }
    return {
      find: async () => ({ name: 'theirs', sha256, cid: null, bytes: content.length }),
      places: async () => [{ name: 'peers', fetch }],
    }
  }

  test('a slow file does not delay a pull of a file of another size', async () => {
    await sparse('large.gguf', 2 ** 37)
    using store = await ModelStore.open(dir, signal, AbortSignal.abort())
    const notes: string[] = []
    const options = { peers: peersWith(tinyGguf()), note: (line: string) => void notes.push(line) }
    expect(await store.pull(sha256Hex(tinyGguf()), options, signal)).toMatchObject({ name: 'theirs' })
    expect(notes).toEqual([])
  })

  test.each(['a peer offers', 'nobody offers'])(
    'a pull waits for a slow file, with a note, if %s what it may be',
    async (what) => {
      await writeFile(join(dir, 'mine.gguf'), '')
      using store = await ModelStore.open(dir, signal, AbortSignal.abort())
      const other = Buffer.alloc(2 ** 21)
      await sparse('large.gguf', what === 'a peer offers' ? other.length : 2 ** 37)
      const gone = new AbortController()
      const notes: string[] = []
      const note = (line: string): void => {
        notes.push(line)
        gone.abort(new Error('long enough'))
      }
      vi.spyOn(AbortSignal, 'timeout').mockReturnValue(AbortSignal.abort())
      const peers = what === 'a peer offers' ? { peers: peersWith(other) } : {}
      const pull = store.pull(sha256Hex(other), { ...peers, note }, gone.signal)
      await expect(pull).rejects.toThrow('long enough')
      expect(notes).toEqual([
        `waits until this has been read, which is new here: ${what === 'a peer offers' ? 'large' : 'large, mine'}`,
      ])
    },
  )

  test('the store says when a slow file has been read', async () => {
    await writeFile(join(dir, unpinned.file), weights)
    using store = await ModelStore.open(dir, signal, AbortSignal.abort())
    expect(store.reading).toEqual([unpinned.name])
    await store.whenRead()
    await store.refresh(signal)
    expect(store.present().map(({ name }) => name)).toEqual([unpinned.name])
    const never = Promise.race([store.whenRead().then(() => 'read'), Promise.resolve('nothing is read')])
    expect(await never).toBe('nothing is read')
  })

  test('the reading of a removed file stops', async () => {
    await writeFile(join(dir, 'a.gguf'), 'one')
    const begun = Promise.withResolvers<void>()
    const facts = new FolderFacts(dir, signal, async (_file, stop) => {
      begun.resolve()
      return orAborted(new Promise<string>(() => {}), stop)
    })
    const waits = facts.of('a.gguf', signal)
    await begun.promise
    facts.forget('a.gguf')
    await expect(waits).rejects.toMatchObject({ code: 'RIPPLE_MODEL_MISSING' })
  })

  test('a file that is being read is listed as such and can be removed', async () => {
    using store = await ModelStore.open(dir, signal)
    const large = await sparse('large.gguf', 2 ** 37)
    const entry = (await store.list(signal)).at(-1)
    expect(entry).toMatchObject({ name: 'large', reading: true, present: false, sha256: '' })
    expect(await store.remove('Large', signal)).toMatchObject({ path: large })
  })

  test.each(['a pipe', 'a folder'])(
    'an entry that is %s is not a model and holds up no other',
    async (what) => {
      const odd = join(dir, 'odd.gguf')
      expect(spawnSync(what === 'a pipe' ? 'mkfifo' : 'mkdir', [odd]).status).toBe(0)
      await writeFile(join(dir, 'mine.gguf'), tinyGguf())
      using store = await ModelStore.open(dir, AbortSignal.timeout(10_000))
      expect(store.present().map(({ name }) => name)).toEqual(['mine'])
      const facts = { file: odd, detail: 'it is not a regular file' }
      expect(store.problems).toMatchObject([{ code: 'RIPPLE_MODEL_CORRUPT', facts }])
    },
  )
})
