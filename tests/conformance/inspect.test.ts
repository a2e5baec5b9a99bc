import { once } from 'node:events'
import { open } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { expect, it } from 'vitest'
import { inspectModel } from '../../host/models/inspect.ts'
import { baseModel, testModel } from '../harness/model.ts'

const soon = () => AbortSignal.timeout(60_000)
const MIB = 1024 * 1024

it('what a real model takes is read from the head of its file', async () => {
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

it('of a file behind a URL only the head is fetched, and the same is found', async () => {
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

it('what is no model, or is not there, is an error with its cause', async () => {
  const at = import.meta.filename
  const corrupt = { code: 'RIPPLE_MODEL_CORRUPT' }
  await expect(inspectModel({ type: 'filesystem', at }, 4_096, soon())).rejects.toMatchObject(corrupt)
  const url = 'http://127.0.0.1:1/x.gguf'
  await expect(inspectModel({ type: 'network', at: url }, 4_096, soon())).rejects.toMatchObject(corrupt)
  const ended = AbortSignal.abort(new Error('enough'))
  await expect(inspectModel({ type: 'filesystem', at }, 4_096, ended)).rejects.toThrow('enough')
})
