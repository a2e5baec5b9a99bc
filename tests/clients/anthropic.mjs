// Runs the official client of Anthropic for JavaScript: https://www.npmjs.com/package/@anthropic-ai/sdk.
import assert from 'node:assert/strict'
import Anthropic, { AuthenticationError, BadRequestError, NotFoundError } from '@anthropic-ai/sdk'
import { check, model, scripted } from './check.mjs'

const baseURL = process.env.OPENAI_BASE_URL.replace(/\/v1$/, '')
const client = new Anthropic({ baseURL, apiKey: process.env.OPENAI_API_KEY })
const messages = [{ role: 'user', content: 'Name three primes.' }]
const tools = ['weather', 'time'].map((name) => ({
  name,
  description: `Tells the ${name}.`,
  input_schema: {
    type: 'object',
    properties: { city: { type: 'string', enum: ['Bern', 'Oslo'] } },
    required: ['city'],
  },
}))

await check('lists the models', async () => {
  const ids = []
  for await (const { id } of client.models.list()) ids.push(id)
  assert(ids.includes(model))
})

await check('asks with system blocks, and gets a receipt', async () => {
  const { content, stop_reason, usage, ripple } = await client.messages.create({
    model,
    messages: [{ role: 'user', content: [{ type: 'text', text: 'Say hello.' }] }],
    system: [{ type: 'text', text: 'You are brief.', cache_control: { type: 'ephemeral' } }],
    max_tokens: 8_192,
    temperature: 0,
  })
  assert.notEqual(content[0].text.trim(), '')
  assert.equal(stop_reason, 'end_turn')
  assert(usage.input_tokens > 0 && usage.output_tokens > 0)
  assert.notEqual(ripple.receipt, null)
  assert.deepEqual(ripple.ignored, ['system.0.cache_control'])
})

await check('counts tokens as the answer does', async () => {
  const { usage } = await client.messages.create({ model, messages, tools, max_tokens: 1 })
  const counted = await client.messages.countTokens({ model, messages, tools })
  assert.deepEqual([counted.input_tokens, counted.ripple.exact], [usage.input_tokens, true])
  const estimate = await client.messages.countTokens({ model: scripted, messages, tools })
  assert.equal(estimate.ripple.exact, false)
})

await check('streams by its helper, up to the limit of tokens', async () => {
  const stream = client.messages.stream({ model, messages, max_tokens: 4 })
  let text = ''
  stream.on('text', (piece) => {
    text += piece
  })
  const message = await stream.finalMessage()
  assert.equal(message.content[0].text, text)
  assert.equal(message.stop_reason, 'max_tokens')
  assert.equal(message.usage.output_tokens, 4)
})

await check('has the real model call a tool', async () => {
  const { content, stop_reason } = await client.messages.create({
    model,
    messages: [{ role: 'user', content: 'What is the weather in Oslo?' }],
    max_tokens: 64,
    tools,
    tool_choice: { type: 'tool', name: 'weather' },
  })
  assert.equal(stop_reason, 'tool_use')
  assert.equal(content[0].name, 'weather')
  assert(['Bern', 'Oslo'].includes(content[0].input.city))
})

for (const stream of [false, true])
  await check(`runs a whole session of tools${stream ? ', streamed' : ''}`, async () => {
    const asked = []
    const tool = (name, answer) => ({
      ...tools.find((one) => one.name === name),
      run: (given) => {
        asked.push([name, given])
        return answer
      },
      parse: (given) => given,
    })
    const runner = client.beta.messages.toolRunner({
      model: scripted,
      stream,
      max_tokens: 256,
      messages: [{ role: 'user', content: 'call weather {"city":"Oslo"}\ncall time {"city":"Bern"}' }],
      tools: [tool('weather', 'It rains.'), tool('time', 'It is noon.')],
    })
    const { content } = await runner.runUntilDone()
    assert.equal(content[0].text, 'The last of 2 calls gave: It is noon.')
    assert.deepEqual(asked, [
      ['weather', { city: 'Oslo' }],
      ['time', { city: 'Bern' }],
    ])
  })

await check('aborts a stream', async () => {
  const long = [{ role: 'user', content: 'Count from one to a thousand, in words.' }]
  const stream = await client.messages.create({ model, messages: long, max_tokens: 1_024, stream: true })
  let events = 0
  for await (const _ of stream) {
    events += 1
    if (events === 5) stream.controller.abort()
  }
  assert(events >= 5 && events < 100, `${events} events`)
})

await check('gets errors as its own classes, with what is wrong', async () => {
  const asked = { model, messages, max_tokens: 8 }
  await assert.rejects(client.messages.create({ ...asked, model: 'claude-opus-5' }), (thrown) => {
    assert(thrown instanceof NotFoundError)
    assert.equal(thrown.type, 'not_found_error')
    return true
  })
  const tooLong = [{ role: 'user', content: 'river '.repeat(20_000) }]
  for (const stream of [false, true])
    await assert.rejects(client.messages.create({ ...asked, messages: tooLong, stream }), (thrown) => {
      assert(thrown instanceof BadRequestError)
      assert.match(thrown.message, /prompt is too long: \d+ tokens > \d+ maximum/)
      return true
    })
  const stranger = new Anthropic({ baseURL, apiKey: 'sk-ant-of-somebody-else' })
  await assert.rejects(stranger.messages.create(asked), AuthenticationError)
})
