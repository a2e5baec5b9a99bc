import { once } from 'node:events'
import { mkdtemp, open, rm, truncate, writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, it } from 'vitest'
import { inspectModel, readHeads } from '../../host/models/inspect/inspect.ts'
import { baseModel, testModel } from '../harness/model.ts'
import { commandOf, runs, tree } from '../harness/processes.ts'
import { hostileHeads } from '../unit/models/tiny-gguf.ts'

const soon = () => AbortSignal.timeout(60_000)
const MIB = 1024 * 1024

it('the memory of a real model is computed from the head of its file', async () => {
  const { path, bytes, context_tokens } = await testModel()
  const small = await inspectModel({ type: 'filesystem', at: path }, 2_048, soon())
  expect(small).toMatchObject({ context_tokens: 2_048 })
  expect(small.weights_bytes).toBeGreaterThan(bytes * 0.9)
  expect(small.weights_bytes).toBeLessThan(bytes * 1.1)
  expect(small.bytes_per_token).toBeLessThanOrEqual(bytes)
  const large = await inspectModel({ type: 'filesystem', at: path }, 100_000, soon())
  expect(large.context_tokens).toBe(context_tokens)
  expect(large.context_bytes).toBeGreaterThan(small.context_bytes)
})

it('only the head of a file behind a URL is fetched, with the same figures', async () => {
  const { path, bytes } = await baseModel()
  let given = 0
  const server = createServer(async (request, response) => {
    const [, from = '0', to = ''] = /bytes=(\d+)-(\d*)/.exec(request.headers.range ?? '') ?? []
    const end = Math.min(to === '' ? bytes - 1 : Number(to), bytes - 1)
    await using file = await open(path)
    const { buffer } = await file.read(Buffer.alloc(end - Number(from) + 1), 0, undefined, Number(from))
    given += buffer.length
    response.writeHead(206, { 'content-range': `bytes ${from}-${end}/${bytes}` }).end(buffer)
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  try {
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/gemma.gguf`
    const afar = await inspectModel({ type: 'network', at: url }, 4_096, soon())
    expect(afar).toEqual(await inspectModel({ type: 'filesystem', at: path }, 4_096, soon()))
    expect(given).toBeLessThan(16 * MIB)
  } finally {
    server.closeAllConnections()
    server.close()
  }
})

it('a file that is no model or absent is an error with its cause', async () => {
  const at = import.meta.filename
  const corrupt = { code: 'RIPPLE_MODEL_CORRUPT' }
  await expect(inspectModel({ type: 'filesystem', at }, 4_096, soon())).rejects.toMatchObject(corrupt)
  const url = 'http://127.0.0.1:1/x.gguf'
  await expect(inspectModel({ type: 'network', at: url }, 4_096, soon())).rejects.toMatchObject(corrupt)
  const ended = AbortSignal.abort(new Error('enough'))
  await expect(inspectModel({ type: 'filesystem', at }, 4_096, ended)).rejects.toThrow('enough')
})

it('a reader outlives Ctrl-C, and its death says nothing about the file', async () => {
  const asked = Promise.withResolvers<void>()
  const server = createServer(() => asked.resolve()).listen(0, '127.0.0.1')
  await once(server, 'listening')
  try {
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/slow.gguf`
    const inspected = inspectModel({ type: 'network', at: url }, 4_096, soon())
    const dies = expect(inspected).rejects.toMatchObject({
      code: 'RIPPLE_MODEL_UNREAD',
      facts: { file: url, detail: 'its reader ended with SIGKILL' },
    })
    await asked.promise
    const reader = tree(process.pid).find(({ pid }) => commandOf(pid).includes('inspect-main'))?.pid ?? 0
    process.kill(reader, 'SIGINT')
    await sleep(200)
    expect(runs(reader)).toBe(true)
    process.kill(reader, 'SIGKILL')
    await dies
  } finally {
    server.closeAllConnections()
    server.close()
  }
})

it('heads are read one by one, and an endless file spoils only itself', async () => {
  const dir = await mkdtemp(join(tmpdir(), 'ripple-heads-'))
  try {
    const endless = join(dir, 'endless.gguf')
    await writeFile(endless, hostileHeads['an array without end'] ?? '')
    await truncate(endless, 1_024 * MIB)
    const { path, context_tokens } = await testModel()
    const base = await baseModel()
    const heads = await readHeads([path, endless, base.path], soon())
    // Its reader dies of it, which may as well have been for want of memory.
    expect(heads.get(endless)).toMatchObject({ type: 'unread', detail: expect.stringMatching(/^its head/) })
    expect(heads.get(path)).toEqual({ type: 'head', context_tokens, chat_template: 'own' })
    expect(heads.get(base.path)).toMatchObject({ type: 'head', chat_template: 'none' })
  } finally {
    await rm(dir, { recursive: true })
  }
})
