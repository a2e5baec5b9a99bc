// Runs the official client of OpenAI for JavaScript: https://www.npmjs.com/package/openai.
import assert from 'node:assert/strict'
import OpenAI, { APIUserAbortError, AuthenticationError, BadRequestError, NotFoundError } from 'openai'
import { zodResponseFormat } from 'openai/helpers/zod'
import { z } from 'zod'
import { check, model, scripted } from './check.mjs'

const client = new OpenAI()
const messages = [{ role: 'user', content: 'Name three primes.' }]
/** Texts of one request for embeddings; OpenAI's own bound is 2,048. */
const TEXTS = 300

await check('lists the models and finds one', async () => {
  const ids = []
  for await (const { id } of client.models.list()) ids.push(id)
  assert(ids.includes(model))
  assert.equal((await client.models.retrieve(model)).id, model)
})

await check('chats, with a bound on tokens that is larger than the model', async () => {
  const { choices, usage } = await client.chat.completions.create({
    model,
    messages: [{ role: 'user', content: 'Say hello.' }],
    max_completion_tokens: 32_000,
    stop: [],
    temperature: 0,
  })
  assert.notEqual(choices[0].message.content.trim(), '')
  assert.equal(choices[0].finish_reason, 'stop')
  assert.equal(usage.total_tokens, usage.prompt_tokens + usage.completion_tokens)
})

await check('streams by its helper', async () => {
  const stream = client.chat.completions.stream({
    model,
    messages,
    max_tokens: 32,
    stream_options: { include_usage: true },
  })
  let text = ''
  stream.on('content', (piece) => {
    text += piece
  })
  const { choices, usage } = await stream.finalChatCompletion()
  assert.notEqual(text.trim(), '')
  assert.equal(choices[0].message.content, text)
  assert(usage.completion_tokens > 0)
})

await check('has the real model call a tool', async () => {
  const asked = []
  const runner = client.chat.completions.runTools({
    model,
    messages: [{ role: 'user', content: 'What is the weather in Oslo?' }],
    max_tokens: 64,
    tool_choice: { type: 'function', function: { name: 'weather' } },
    tools: [
      {
        type: 'function',
        function: {
          name: 'weather',
          parse: JSON.parse,
          function: ({ city }) => asked.push(city),
          parameters: {
            type: 'object',
            properties: { city: { type: 'string', enum: ['Bern', 'Oslo'] } },
            required: ['city'],
            additionalProperties: false,
          },
        },
      },
    ],
  })
  await runner.finalFunctionToolCall()
  assert.equal(asked.length, 1)
  assert(['Bern', 'Oslo'].includes(asked[0]))
})

for (const stream of [false, true])
  await check(`runs a whole session of tools${stream ? ', streamed' : ''}`, async () => {
    const asked = []
    const tool = (name, answer) => ({
      type: 'function',
      function: {
        name,
        parse: JSON.parse,
        function: (given) => {
          asked.push([name, given])
          return answer
        },
        parameters: { type: 'object', properties: { city: { type: 'string' } } },
      },
    })
    const runner = client.chat.completions.runTools({
      model: scripted,
      stream,
      messages: [{ role: 'user', content: 'call weather {"city":"Oslo"}\ncall time {"city":"Bern"}' }],
      tools: [tool('weather', 'It rains.'), tool('time', 'It is noon.')],
    })
    assert.equal(await runner.finalContent(), 'The last of 2 calls gave: It is noon.')
    assert.deepEqual(asked, [
      ['weather', { city: 'Oslo' }],
      ['time', { city: 'Bern' }],
    ])
  })

await check('gets responses that go on with each other, and removes them', async () => {
  const asked = { model, input: 'Say hello.', temperature: 0 }
  const first = await client.responses.create(asked)
  assert.notEqual(first.output_text.trim(), '')
  assert.notEqual(first.ripple.receipt, null)
  const stream = client.responses.stream({ ...asked, previous_response_id: first.id })
  let text = ''
  stream.on('response.output_text.delta', ({ delta }) => {
    text += delta
  })
  const second = await stream.finalResponse()
  assert.equal(second.output_text, text)
  assert(second.usage.input_tokens > first.usage.input_tokens)
  assert.equal((await client.responses.retrieve(first.id)).output_text, first.output_text)
  await client.responses.delete(first.id)
  await assert.rejects(client.responses.retrieve(first.id), NotFoundError)
})

for (const stream of [false, true])
  await check(`runs a whole session of tools by responses${stream ? ', streamed' : ''}`, async () => {
    const tool = (name) => ({
      type: 'function',
      name,
      strict: false,
      parameters: { type: 'object', properties: { city: { type: 'string' } } },
    })
    const said = { weather: 'It rains.', time: 'It is noon.' }
    const asked = []
    let response = { id: null }
    let input = 'call weather {"city":"Oslo"}\ncall time {"city":"Bern"}'
    while (input.length > 0) {
      const body = {
        ...{ model: scripted, input, previous_response_id: response.id },
        tools: [tool('weather'), { type: 'web_search' }, tool('time')],
      }
      response = stream
        ? await client.responses.stream(body).finalResponse()
        : await client.responses.create(body)
      assert.deepEqual(response.ripple.ignored, ['tools.1'])
      const calls = response.output.filter(({ type }) => type === 'function_call')
      input = calls.map(({ call_id, name, arguments: given }) => {
        asked.push([name, given])
        return { type: 'function_call_output', call_id, output: said[name] }
      })
    }
    assert.equal(response.output_text, 'The last of 2 calls gave: It is noon.')
    assert.deepEqual(asked, [
      ['weather', '{"city":"Oslo"}'],
      ['time', '{"city":"Bern"}'],
    ])
  })

await check('parses an answer by a schema of zod with a range, a pattern and an e-mail address', async () => {
  const person = z.object({
    age: z.number().int().min(18).max(99),
    code: z.string().regex(/^[A-Z]{2}-[0-9]{3}$/),
    email: z.email(),
    tags: z.array(z.enum(['new', 'old'])).max(2),
  })
  const { choices } = await client.chat.completions.parse({
    model,
    messages: [
      { role: 'user', content: 'Make up a person: age, code such as AB-123, e-mail address, tags.' },
    ],
    max_tokens: 256,
    temperature: 0,
    response_format: zodResponseFormat(person, 'person'),
  })
  // The client has parsed the JSON, and the schema holds.
  person.parse(choices[0].message.parsed)
})

await check(`embeds ${TEXTS} texts in one request`, async () => {
  const input = Array.from({ length: TEXTS }, (_, at) => `text ${at % 150}`)
  const { data } = await client.embeddings.create({ model, input })
  assert.equal(data.length, TEXTS)
  assert.deepEqual(
    data.map(({ index }) => index),
    input.map((_, at) => at),
  )
  assert(data.every(({ embedding }) => embedding.length === data[0].embedding.length))
  assert(data.every(({ embedding }) => embedding.every(Number.isFinite)))
  assert(alike(data[7].embedding, data[157].embedding) > 0.99)
  assert(alike(data[7].embedding, data[8].embedding) < alike(data[7].embedding, data[157].embedding))
})

await check('continues several texts in one request', async () => {
  const prompt = ['Once upon a', 'The capital of']
  const { choices } = await client.completions.create({ model, prompt, max_tokens: 4 })
  assert.deepEqual(
    choices.map(({ index }) => index),
    [0, 1],
  )
  assert(choices.every(({ text }) => text !== ''))
})

const long = [{ role: 'user', content: 'Count from one to a thousand, in words.' }]

await check('aborts a stream and a whole answer', async () => {
  const stream = await client.chat.completions.create({
    model,
    messages: long,
    max_tokens: 1_024,
    stream: true,
  })
  let pieces = 0
  for await (const _ of stream) {
    pieces += 1
    if (pieces === 3) stream.controller.abort()
  }
  assert(pieces >= 3 && pieces < 100, `${pieces} pieces`)
  const asked = { model, messages: long, max_tokens: 1_024 }
  await assert.rejects(
    client.chat.completions.create(asked, { signal: AbortSignal.timeout(300) }),
    APIUserAbortError,
  )
  assert.equal((await client.chat.completions.create({ model, messages, max_tokens: 2 })).choices.length, 1)
})

await check('gets errors as its own classes, with what is wrong', async () => {
  const asked = { model, messages }
  await assert.rejects(client.chat.completions.create({ ...asked, model: 'gpt-4o' }), (thrown) => {
    assert(thrown instanceof NotFoundError)
    assert.equal(thrown.code, 'model_not_found')
    return true
  })
  const tooLong = [{ role: 'user', content: 'river '.repeat(20_000) }]
  for (const stream of [false, true])
    await assert.rejects(
      client.chat.completions.create({ ...asked, messages: tooLong, stream }),
      (thrown) => {
        assert(thrown instanceof BadRequestError)
        assert.equal(thrown.code, 'context_length_exceeded')
        return true
      },
    )
  await assert.rejects(client.chat.completions.create({ ...asked, temperature: 'hot' }), (thrown) => {
    assert(thrown instanceof BadRequestError)
    assert.equal(thrown.param, 'temperature')
    return true
  })
  const stranger = new OpenAI({ apiKey: 'sk-of-somebody-else' })
  await assert.rejects(stranger.models.list(), AuthenticationError)
})

/** The cosine of the angle between two vectors. */
function alike(one, other) {
  const length = (vector) => Math.hypot(...vector)
  return one.reduce((sum, x, at) => sum + x * other[at], 0) / (length(one) * length(other))
}
