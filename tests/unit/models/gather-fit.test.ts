import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { cidOf } from '../../../host/artifacts/cid.ts'
import { RippleError } from '../../../host/errors/ripple-error.ts'
import { BASE_MODEL, DEFAULT_MODEL } from '../../../host/models/catalogue.ts'
import type { StoredModel } from '../../../host/models/folder/stored-model.ts'
import { type FitNeeds, gatherFit } from '../../../host/models/gather-fit.ts'
import type { Inspected, InspectSource } from '../../../host/models/inspect/inspect-words.ts'

const signal = new AbortController().signal
const GIB = 1024 ** 3
const head: Inspected = {
  context_tokens: 4_096,
  weights_bytes: 100,
  context_bytes: 50,
  bytes_per_token: 100,
}
const here: StoredModel = {
  name: DEFAULT_MODEL,
  sha256: 'a'.repeat(64),
  path: '/models/small.gguf',
  bytes: 110,
  context_tokens: 8_192,
  chat_template: 'own',
}

let dir: string
let looked: string[]
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'ripple-fit-'))
  looked = []
})
afterEach(() => rm(dir, { recursive: true }))

/** A machine with one model that ran; heads are read by a stand-in. */
function askFit(name: string, more: Partial<FitNeeds> = {}) {
  const inspect = async (source: InspectSource): Promise<Inspected> => {
    looked.push(`${source.type} ${source.at}`)
    return head
  }
  const measured = async () => ({ sha256: here.sha256, tokens_per_second: 30 })
  const needs = {
    dir,
    present: () => [here],
    freeMemory: async () => GIB,
    measured,
    inspect,
    site: 'http://site',
  }
  return gatherFit(name, 4_096, { ...needs, ...more }, signal)
}

const away = async (): Promise<never> => {
  throw new RippleError('RIPPLE_MODEL_CORRUPT', { file: 'it', detail: 'away' })
}

test('the fit of a local file is judged by its own head and its own speed', async () => {
  const report = await askFit(DEFAULT_MODEL.toLowerCase())
  expect(looked).toEqual(['filesystem /models/small.gguf'])
  expect(report).toMatchObject({
    name: DEFAULT_MODEL,
    verdict: 'fits',
    here: true,
    file_bytes: { value: 110, basis: 'from the file' },
    memory_bytes: { value: 150, basis: 'estimated' },
    tokens_per_second: { value: 30, basis: 'measured here' },
    notes: [],
  })
})

test('the fit of a remote file is judged by its head alone', async () => {
  const report = await askFit('Qwen3-4B')
  expect(looked).toEqual([
    'network http://site/unsloth/Qwen3-4B-GGUF/resolve/main/Qwen3-4B-Q4_K_M.gguf',
    'filesystem /models/small.gguf',
  ])
  expect(report).toMatchObject({
    here: false,
    tokens_per_second: { value: 30, basis: 'estimated' },
    notes: [],
  })
})

test('the model list is used if the head cannot be fetched, and a note says so', async () => {
  const report = await askFit(BASE_MODEL, { inspect: away })
  expect(report).toMatchObject({
    file_bytes: { value: 253_113_024, basis: 'from the model list' },
    tokens_per_second: { value: null, basis: 'not known' },
  })
  expect(report.notes).toEqual([expect.stringContaining('the head of the file could not be read')])
})

test('an unknown file gets no verdict', async () => {
  await expect(askFit('Qwen3-4B', { inspect: away })).rejects.toMatchObject({
    code: 'RIPPLE_MODEL_UNREACHABLE',
  })
  await expect(askFit('nobody')).rejects.toMatchObject({ code: 'RIPPLE_MODEL_UNKNOWN' })
})

test('a file that only peers have is judged by their figures', async () => {
  const sha256 = 'b'.repeat(64)
  const asked: string[] = []
  const find: FitNeeds['find'] = async (file) => {
    asked.push(file)
    return { name: 'Theirs', sha256, cid: null, bytes: 8 * GIB }
  }
  const report = await askFit(`sha256:${sha256}`, { find })
  expect(asked).toEqual([sha256])
  expect(report).toMatchObject({
    name: 'Theirs',
    here: false,
    verdict: 'does_not_fit',
    file_bytes: { value: 8 * GIB, basis: "a peer's word" },
    memory_bytes: { basis: 'estimated' },
    notes: ['its file can be looked at only once it is here'],
  })
  expect((await askFit(`sha256:${here.sha256}`, { find })).name).toBe(DEFAULT_MODEL)
  const cid = await cidOf(Buffer.from('its bytes'))
  await mkdir(join(dir, '.blocks'))
  const kept = { cid, bytes: here.bytes, leaves: '', nodes: [] }
  await writeFile(join(dir, '.blocks', `${here.sha256}.json`), JSON.stringify(kept))
  expect((await askFit(cid, { find })).name).toBe(DEFAULT_MODEL)
  expect(asked).toHaveLength(1)
})
