import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { limits } from '../../../host/limits.ts'
import { FolderFacts } from '../../../host/models/facts.ts'
import { Heads } from '../../../host/models/heads.ts'
import type { readHeads } from '../../../host/models/inspect.ts'
import { type GgufHead, HEAD_READER, type HeadRead } from '../../../host/models/inspect-words.ts'

const signal = new AbortController().signal
const head: GgufHead = { type: 'head', context_tokens: 64, chat_template: 'none' }
const killed: HeadRead = { type: 'unread', detail: 'its reader ended with SIGKILL' }

let dir: string
let facts: FolderFacts
/** The files that were read, process by process. */
let read: string[][]
/** The results for the next files, one after the other; a head by default. */
let next: HeadRead[]
/** A process waits for this before it reads. */
let held: Promise<void>
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'ripple-heads-'))
  facts = new FolderFacts(dir, signal)
  ;[read, next, held] = [[], [], Promise.resolve()]
  for (const name of ['a.gguf', 'b.gguf', 'c.gguf']) await writeFile(join(dir, name), name)
})
afterEach(() => rm(dir, { recursive: true }))

/** A stand-in for the processes that read heads. */
const process: typeof readHeads = async (files, _signal, onHead = () => {}) => {
  read.push(files.map((file) => file.slice(dir.length + 1)))
  await held
  const heads = new Map(files.map((file) => [file, next.shift() ?? head]))
  for (const [file, found] of heads) onHead(file, found)
  return heads
}
const open = (): Heads => new Heads(dir, facts, signal, process)
const ask = async (heads: Heads, name: string) => heads.of(name, await facts.of(name, signal), signal)
const kept = async () => JSON.parse(await readFile(join(dir, '.facts.json'), 'utf8'))

test('heads that are requested together are read together and remembered', async () => {
  const heads = open()
  // Files are read for their sha256 one after the other, so that is done before.
  const files = await Promise.all(
    ['a.gguf', 'b.gguf'].map(async (name) => ({ name, found: await facts.of(name, signal) })),
  )
  const found = await Promise.all(files.map((file) => heads.of(file.name, file.found, signal)))
  expect([found.map((one) => one.head), read]).toEqual([[head, head], [['a.gguf', 'b.gguf']]])
  expect((await ask(open(), 'a.gguf')).head).toEqual(head)
  expect(read).toHaveLength(1)
})

test('a head that is requested during a reading comes after it', async () => {
  const heads = open()
  const go = Promise.withResolvers<void>()
  held = go.promise
  const first = ask(heads, 'a.gguf')
  await expect.poll(() => read).toHaveLength(1)
  const second = ask(heads, 'b.gguf')
  await facts.of('b.gguf', signal)
  go.resolve()
  expect([(await first).head, (await second).head]).toEqual([head, head])
  expect(read).toEqual([['a.gguf'], ['b.gguf']])
})

test('a file replaced while its head is read gets the head of the new file', async () => {
  const heads = open()
  const go = Promise.withResolvers<void>()
  held = go.promise
  next = [{ type: 'unreadable', detail: 'it is a film' }]
  const first = ask(heads, 'a.gguf')
  await expect.poll(() => read).toHaveLength(1)
  await writeFile(join(dir, 'a.gguf'), 'another')
  const second = facts.of('a.gguf', signal).then((found) => heads.of('a.gguf', found, signal))
  await expect(first).rejects.toMatchObject({ code: 'RIPPLE_MODEL_UNREAD' })
  go.resolve()
  expect(await second).toMatchObject({ bytes: 'another'.length, head })
  expect((await kept())['a.gguf']).toMatchObject({ bytes: 'another'.length, head })
})

test("a reader's death is reported, not remembered, and the file is tried again", async () => {
  next = [killed]
  const heads = open()
  const unread = {
    code: 'RIPPLE_MODEL_UNREAD',
    facts: { file: join(dir, 'a.gguf'), detail: 'its reader ended with SIGKILL' },
  }
  await expect(ask(heads, 'a.gguf')).rejects.toMatchObject(unread)
  await expect(ask(heads, 'a.gguf')).rejects.toMatchObject(unread)
  expect([read.length, (await kept())['a.gguf'].head]).toEqual([1, null])
  const later = performance.now() + limits.model_head_again_ms.min
  vi.spyOn(performance, 'now').mockReturnValue(later)
  expect((await ask(heads, 'a.gguf')).head).toEqual(head)
})

test('a file that kills its reader each time is retried at growing intervals', async () => {
  next = Array.from({ length: 9 }, () => killed)
  const heads = open()
  let now = 0
  vi.spyOn(performance, 'now').mockImplementation(() => now)
  const waits: number[] = []
  for (let before = 0; read.length < 9; now += limits.model_head_again_ms.min) {
    await expect(ask(heads, 'a.gguf')).rejects.toMatchObject({ code: 'RIPPLE_MODEL_UNREAD' })
    if (read.length === waits.length) continue
    waits.push((now - before) / limits.model_head_again_ms.min)
    before = now
  }
  expect(waits).toEqual([0, 1, 2, 4, 8, 16, 32, 60, 60])
})

test("a reader's verdict is remembered until another reader comes", async () => {
  next = [{ type: 'unreadable', detail: 'it is a film' }]
  expect((await ask(open(), 'a.gguf')).head).toEqual({ type: 'unreadable', detail: 'it is a film' })
  facts = new FolderFacts(dir, signal)
  expect((await ask(open(), 'a.gguf')).head).toMatchObject({ detail: 'it is a film' })
  const notes = await kept()
  notes['a.gguf'] = { ...notes['a.gguf'], sha256: 'as the notes have it', reader: '0' }
  await writeFile(join(dir, '.facts.json'), JSON.stringify(notes))
  facts = new FolderFacts(dir, signal)
  expect(await ask(open(), 'a.gguf')).toMatchObject({ sha256: 'as the notes have it', head })
  expect(read).toHaveLength(2)
})

test('the reader is named by the version of node-llama-cpp', async () => {
  const manifest = await readFile(resolve(import.meta.dirname, '../../../package.json'), 'utf8')
  const version: string = JSON.parse(manifest).dependencies['node-llama-cpp']
  expect(HEAD_READER.endsWith(` with node-llama-cpp ${version}`)).toBe(true)
})

test('a failed reading rejects all who wait, and the next request reads again', async () => {
  const failing: typeof readHeads = async () => {
    throw new TypeError('no process')
  }
  const broken = new Heads(dir, facts, signal, failing)
  const both = await Promise.allSettled([ask(broken, 'a.gguf'), ask(broken, 'b.gguf')])
  expect(both.map(({ status }) => status)).toEqual(['rejected', 'rejected'])
  await expect(ask(broken, 'c.gguf')).rejects.toThrow('no process')
})
