import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import { connect } from 'node:net'
import OpenAI, { APIUserAbortError, BadRequestError, NotFoundError } from 'openai'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { DEFAULT_MODEL } from '../../host/models/catalogue.ts'
import type { Ready } from '../../host/operations/local.ts'
import { type Mesh, openMesh } from '../harness/mesh.ts'
import { here, type Running, ripple } from '../harness/peer.ts'
import { tree } from '../harness/processes.ts'
import { until } from '../harness/until.ts'
import { WARM_MS } from '../harness/warm-data.ts'

/** Requests of the test that asks too much at once. */
const CROWD = 100
/**
 * Longest wait for a rejected answer, in milliseconds. Far less than the five minutes for which an ask waits in the queue. A
 * conductor that has just joined takes in all earlier tasks first: up to 20 s have been seen after the crowd, on two cores.
 */
const REJECTED_MS = 90_000
/** Ripple's own fields of an answer, next to OpenAI's. */
interface Ripple {
  readonly ripple: { readonly receipt: string | null; readonly peer: string | null; readonly route: string }
}

const model = DEFAULT_MODEL
const question = [{ role: 'user' as const, content: 'Name three primes.' }]
const long = [{ role: 'user' as const, content: 'Count from one to a thousand, in words.' }]
let mesh: Mesh
let poster: Running<Ready>
let worker: Running<Ready>
let client: OpenAI

beforeAll(async () => {
  mesh = await openMesh('openai')
  const peers = await Promise.all([mesh.up('poster'), mesh.up('worker')])
  poster = peers[0]
  worker = peers[1]
  await until('the poster sees the worker', () => mesh.sees('poster', worker.ready.agent))
  const { url, key_file } = poster.ready.api
  const apiKey = (await readFile(key_file, 'utf8')).trim()
  client = new OpenAI({ baseURL: `${url}/v1`, apiKey, maxRetries: 0, timeout: WARM_MS })
}, WARM_MS)

afterAll(async () => {
  expect(await mesh.end()).toEqual([])
})

/** The model as only the other machine may run it. */
const remote = (): string => `peer:${worker.ready.agent}/${model}`

describe('the whole mesh by the unmodified client of OpenAI', () => {
  test('`/v1/models` lists each model with the machines that have it', async () => {
    const { data } = await client.models.list()
    const found = data.find(({ id }) => id === model) as unknown as { ripple: { at: { agent: string }[] } }
    const agents = found.ripple.at.map(({ agent }) => agent).sort()
    expect(agents).toEqual([poster.ready.agent, worker.ready.agent].sort())
    expect(data.map(({ id }) => id)).toEqual(expect.arrayContaining(['ripple/auto', remote()]))
    expect((await client.models.retrieve(remote())).id).toBe(remote())
  })

  test('log probabilities of a prompt in tokens come from the other machine, with a receipt', async () => {
    const prompt = [504, 3575, 282, 4649, 314, 7042]
    const asked = { model, prompt, echo: true, logprobs: 2, max_tokens: 1, temperature: 0, seed: 1 }
    const headers = { 'x-ripple-target': worker.ready.agent }
    const { data, response } = await client.completions.create(asked, { headers }).withResponse()
    const { token_logprobs, top_logprobs } = data.choices[0]?.logprobs ?? {}
    expect(token_logprobs).toEqual([null, ...Array(6).fill(expect.any(Number))])
    expect(Math.max(...Object.values(top_logprobs?.[6] ?? {}))).toBe(token_logprobs?.[6])
    expect(data).toMatchObject({ ripple: { peer: worker.ready.agent, route: 'mesh' } })
    const { receipt } = (data as unknown as Ripple).ripple
    expect(receipt).toEqual(expect.any(String))
    expect(response.headers.get('x-ripple-receipt')).toBe(receipt)
    const without = { headers: { 'x-ripple-exclude': worker.ready.agent } }
    const here = await client.completions.create({ ...asked, seed: 2 }, without)
    expect(here).toMatchObject({ ripple: { peer: poster.ready.agent } })
  })

  test("a chat with another machine's model streams, and its receipt holds", async () => {
    const asked = { model: remote(), messages: question, max_tokens: 32, temperature: 0, seed: 1 }
    const { data, response } = await client.chat.completions
      .create({ ...asked, stream: true, stream_options: { include_usage: true } })
      .withResponse()
    const id = response.headers.get('x-ripple-task') ?? ''
    const chunks: OpenAI.ChatCompletionChunk[] = []
    for await (const chunk of data) chunks.push(chunk)
    const text = chunks.map(({ choices }) => choices[0]?.delta.content ?? '').join('')
    expect(chunks.filter(({ choices }) => choices[0]?.delta.content).length).toBeGreaterThan(1)
    expect(chunks.at(-1)?.usage?.completion_tokens).toBeGreaterThan(0)
    const { ripple: told } = chunks.at(-1) as unknown as Ripple
    expect(told).toMatchObject({ peer: worker.ready.agent, route: 'mesh' })
    const task = await mesh.show('poster', id)
    expect([task.state, task.output?.text]).toEqual(['accepted', text])
    const checked = await ripple(here, 'verify', told.receipt ?? '', '--json')
    expect([checked.code, JSON.parse(checked.stdout).worker]).toEqual([0, worker.ready.agent])
    const whole = await client.chat.completions.create({ ...asked, model })
    expect(whole.choices[0]?.message.content).toBe(text)
  })

  test('`/v1/models` says where a model is in memory until it is unloaded', async () => {
    const isLoaded = async (agent: string): Promise<boolean | undefined> => {
      const { ripple: told } = (await client.models.retrieve(model)) as unknown as {
        ripple: { at: { agent: string; loaded: boolean }[] }
      }
      return told.at.find((one) => one.agent === agent)?.loaded
    }
    for (const [name, { ready }] of [
      ['poster', poster],
      ['worker', worker],
    ] as const) {
      const { agent } = ready
      const tells = async (loaded: boolean): Promise<void> => {
        // Else a peer would hear it with the next beat, half a minute later.
        await mesh.call(name, 'drain', { off: true })
        await until(`loaded at the ${name}: ${loaded}`, async () => (await isLoaded(agent)) === loaded)
      }
      const asked = { model: `peer:${agent}/${model}`, messages: question, max_tokens: 1 }
      await client.chat.completions.create(asked)
      await tells(true)
      expect(await mesh.call(name, 'model.unload', { model })).toEqual({ model, unloaded: true })
      await tells(false)
    }
  })

  test('an answer with a JSON schema fits the schema', async () => {
    const schema = {
      type: 'object',
      properties: { primes: { type: 'array', items: { type: 'integer' }, minItems: 3, maxItems: 3 } },
      required: ['primes'],
    }
    const { choices } = await client.chat.completions.create({
      model,
      messages: question,
      max_tokens: 64,
      temperature: 0,
      response_format: { type: 'json_schema', json_schema: { name: 'primes', schema } },
    })
    const { primes } = JSON.parse(choices[0]?.message.content ?? '') as { primes: number[] }
    expect(primes.map(Number.isInteger)).toEqual([true, true, true])
  })

  test('a model calls a tool', async () => {
    const parameters = {
      type: 'object',
      properties: { city: { type: 'string', enum: ['Bern', 'Oslo'] } },
      required: ['city'],
    }
    const { choices } = await client.chat.completions.create({
      model,
      messages: [{ role: 'user', content: 'What is the weather in Oslo?' }],
      max_tokens: 64,
      temperature: 0,
      tools: [{ type: 'function', function: { name: 'weather', parameters } }],
      tool_choice: 'required',
    })
    const [call] = choices[0]?.message.tool_calls ?? []
    expect(choices[0]?.finish_reason).toBe('tool_calls')
    const { name, arguments: words } =
      call?.type === 'function' ? call.function : { name: '', arguments: '{}' }
    expect(name).toBe('weather')
    expect(['Bern', 'Oslo']).toContain(JSON.parse(words).city)
  })

  test('a completion continues a text, and texts are embedded', async () => {
    const { choices } = await client.completions.create({ model, prompt: 'Once upon a', max_tokens: 4 })
    expect(choices[0]?.text.length).toBeGreaterThan(0)
    const { data } = await client.embeddings.create({ model, input: ['a river', 'a river', 'a tax form'] })
    const [one = [], same = [], other = []] = data.map(({ embedding }) => embedding)
    expect([same.length, other.length]).toEqual([one.length, one.length])
    const close = (a: number[], b: number[]) => a.reduce((sum, x, i) => sum + x * (b[i] ?? 0), 0)
    expect(close(one, same)).toBeGreaterThan(close(one, other))
  })

  test('two requests with one key are one task', async () => {
    const headers = { 'x-ripple-key': 'the-same-key-twice' }
    const asked = { model: remote(), messages: question, max_tokens: 8, temperature: 0 }
    const ask = () => client.chat.completions.create(asked, { headers }).withResponse()
    const [first, second] = [await ask(), await ask()]
    expect(first.response.headers.get('x-ripple-task')).toBe('the-same-key-twice')
    expect(second.data.choices).toEqual(first.data.choices)
    expect((second.data as unknown as Ripple).ripple.receipt).toBe(
      (first.data as unknown as Ripple).ripple.receipt,
    )
  })
})

describe('requests without an answer', () => {
  test('an unknown model and a too long prompt are refused', async () => {
    const unknown = client.chat.completions.create({ model: `${model}s`, messages: question })
    await expect(unknown).rejects.toBeInstanceOf(NotFoundError)
    await expect(unknown).rejects.toThrow(new RegExp(`nearest names: .*${model}`))
    const content = 'river '.repeat(100_000)
    const tooLong = client.chat.completions.create({ model, messages: [{ role: 'user', content }] })
    await expect(tooLong).rejects.toBeInstanceOf(BadRequestError)
    await expect(tooLong).rejects.toMatchObject({ code: 'context_length_exceeded', param: 'messages' })
  })

  test('a body that is not JSON is refused', async () => {
    const { url, token_file } = poster.ready.api
    const authorization = `Bearer ${(await readFile(token_file, 'utf8')).trim()}`
    const headers = { authorization, 'content-type': 'application/json' }
    const said = await fetch(`${url}/v1/chat/completions`, { method: 'POST', headers, body: '{"model":' })
    expect([said.status, await said.json()]).toMatchObject([
      400,
      { error: { type: 'invalid_request_error' } },
    ])
  })

  test('a task is cancelled when its client goes away', async () => {
    const enough = new AbortController()
    const asked = {
      model: remote(),
      messages: long,
      max_tokens: 1_024,
      temperature: 0,
      stream: true,
    } as const
    const { data, response } = await client.chat.completions
      .create(asked, { signal: enough.signal })
      .withResponse()
    const id = response.headers.get('x-ripple-task') ?? ''
    let pieces = 0
    for await (const chunk of data) {
      if (chunk.choices[0]?.delta.content) pieces += 1
      if (pieces === 3) enough.abort()
    }
    expect(pieces).toBeGreaterThanOrEqual(3)
    await until('the task is cancelled', async () => (await mesh.show('poster', id)).state === 'cancelled')
    await until('the worker has its place free again', async () => (await heldBy('worker')) === 0)
    const whole = client.chat.completions.create(
      { ...asked, stream: false },
      { signal: AbortSignal.timeout(500) },
    )
    await expect(whole).rejects.toBeInstanceOf(APIUserAbortError)
  })
})

describe('a crowd of requests', () => {
  test(
    `a crowd of ${CROWD} simultaneous requests is answered in turn`,
    async () => {
      const asked = { model, messages: question, max_tokens: 4 }
      const crowd = await Promise.all(
        Array.from({ length: CROWD }, () => client.chat.completions.create(asked)),
      )
      expect(crowd.every(({ choices }) => choices.length === 1)).toBe(true)
    },
    WARM_MS,
  )
})

describe('a slow client', () => {
  const READERS = 4
  /** More than a daemon may grow by while so little is asked of it. */
  const GROWN_MAX_MIB = 64

  test('a client that reads a byte a second holds nobody up and costs no memory', async () => {
    const before = [memoryOf(poster.pid), memoryOf(worker.pid)]
    const asked = { model: remote(), messages: question, max_tokens: 48, temperature: 0, stream: true }
    const readers = await Promise.all(Array.from({ length: READERS }, () => slowly(asked)))
    const quick = await client.chat.completions.create({ ...asked, stream: false, max_tokens: 4 })
    expect(quick.choices[0]?.message.content).not.toBe('')
    await until('the worker has run for all', async () => (await heldBy('worker')) === 0)
    const taken = readers.map((reader) => reader.taken())
    const grown = [memoryOf(poster.pid), memoryOf(worker.pid)].map((now, at) => now - (before[at] ?? 0))
    for (const mib of grown) expect(mib).toBeLessThan(GROWN_MAX_MIB)
    const texts = await Promise.all(readers.map(({ rest }) => rest()))
    for (const text of texts) expect(text).toMatch(/"receipt":"[^"]+"[\s\S]*data: \[DONE\]/)
    // They had read next to nothing when the others were done.
    for (const [at, text] of texts.entries()) expect(taken[at]).toBeLessThan(text.length / 10)
  })
})

/** Memory that a process has in use, in MiB; without its children. */
function memoryOf(pid: number): number {
  return tree(pid)[0]?.rssMib ?? Number.NaN
}

/** Grants that a machine runs or is about to. */
async function heldBy(name: string): Promise<number> {
  return (await mesh.call<{ held_grants: number }>(name, 'status')).held_grants
}

/** Asks on a connection of its own, and reads a byte of the answer a second until all the rest is asked for. */
async function slowly(body: object): Promise<{ taken(): number; rest(): Promise<string> }> {
  const { hostname, port } = new URL(poster.ready.api.url)
  const key = (await readFile(poster.ready.api.token_file, 'utf8')).trim()
  const text = JSON.stringify(body)
  const socket = connect({ host: hostname, port: Number(port) })
  const head = [
    'POST /v1/chat/completions HTTP/1.1',
    `host: ${hostname}:${port}`,
    `authorization: Bearer ${key}`,
    'content-type: application/json',
    `content-length: ${Buffer.byteLength(text)}`,
    'connection: close',
  ]
  socket.write(`${head.join('\r\n')}\r\n\r\n${text}`)
  await once(socket, 'readable')
  let got = ''
  const take = (bytes?: number) => {
    got += String(socket.read(bytes) ?? '')
  }
  const each = setInterval(() => take(1), 1_000)
  return {
    taken: () => got.length,
    rest: async () => {
      clearInterval(each)
      take()
      for await (const chunk of socket) got += String(chunk)
      return got
    },
  }
}

describe('a worker that breaks the protocol', () => {
  let bad: Running<Ready>
  beforeAll(async () => {
    bad = await mesh.upBad('bad')
    const knows = async () => (await client.models.list()).data.some(({ id }) => id === ofBad())
    await until('the poster knows what the bad one has', knows)
    // An answer shows that their cells have met too: a card comes by beat, and before them.
    await client.chat.completions.create(asked('nothing'))
  }, WARM_MS)
  const ofBad = (): string => `peer:${bad.ready.agent}/${model}`
  const asked = (content: string) => ({
    model: ofBad(),
    messages: [{ role: 'user' as const, content }],
    max_tokens: 8,
  })

  test.each([
    ['something else', 'not what was streamed'],
    ['too much', 'more tokens were generated than asked'],
  ])(
    'a worker that breaks the protocol fails the request if nobody else may answer: %s',
    async (words, why) => {
      const whole = client.chat.completions.create(asked(words), { timeout: REJECTED_MS })
      await expect(whole).rejects.toMatchObject({
        status: 502,
        error: { ripple_code: 'RIPPLE_ANSWER_FAILED' },
      })
      await expect(whole).rejects.toThrow(why)
      const data = await client.chat.completions.create(
        { ...asked(words), stream: true },
        { timeout: REJECTED_MS },
      )
      let read = ''
      const reading = (async () => {
        for await (const { choices } of data) read += choices[0]?.delta.content ?? ''
      })()
      await expect(reading).rejects.toMatchObject({ error: { ripple_code: 'RIPPLE_ANSWER_FAILED' } })
      // No more than was asked for, whatever it sends.
      expect(read.split('more').length - 1).toBeLessThanOrEqual(8)
    },
  )

  test('a worker that sends garbage gives neither JSON nor vectors, nor breaks the event stream', async () => {
    const json = { ...asked('garbage'), response_format: { type: 'json_object' as const } }
    await expect(client.chat.completions.create(json)).rejects.toMatchObject({
      error: { ripple_code: 'RIPPLE_ANSWER_FAILED' },
    })
    const vectors = client.embeddings.create({ model: ofBad(), input: 'garbage' })
    await expect(vectors).rejects.toMatchObject({ error: { ripple_code: 'RIPPLE_ANSWER_FAILED' } })
    const data = await client.chat.completions.create({ ...asked('garbage'), stream: true })
    let read = ''
    for await (const { choices } of data) read += choices[0]?.delta.content ?? ''
    expect(read).toContain('data: [DONE]')
    const empty = await client.chat.completions.create(asked('nothing'))
    expect([empty.choices[0]?.message.content, empty.choices[0]?.finish_reason]).toEqual(['', 'stop'])
  })

  test('a request that another machine may answer survives a bad worker', async () => {
    const { choices } = await client.chat.completions.create({ ...asked('too much'), model: remote() })
    expect(choices[0]?.message.content).not.toBe('')
  })
})

test('`ripple ask` prints an answer and the name of its receipt', async () => {
  const words = ['ask', 'Name three primes.', '--model', remote(), '--max-tokens', '16']
  const { code, stdout, stderr } = await ripple(here, ...words, ...mesh.at('poster'))
  expect(code).toBe(0)
  expect(stdout.trim().length).toBeGreaterThan(0)
  expect(stderr).toMatch(/^receipt .*\.receipt$/m)
})
