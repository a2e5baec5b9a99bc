// Runs Ollama's official client for JavaScript: https://www.npmjs.com/package/ollama.
import assert from 'node:assert/strict'
import { Ollama } from 'ollama'
import { check, model, scripted } from './check.mjs'

const host = process.env.OLLAMA_HOST
const client = new Ollama({ host })
const messages = [{ role: 'user', content: 'Name three primes.' }]
const tools = ['weather', 'time'].map((name) => ({
  type: 'function',
  function: {
    name,
    description: `Tells the ${name}.`,
    parameters: { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] },
  },
}))

await check('finds the server, and lists and shows the models', async () => {
  const found = await fetch(host, { method: 'HEAD' })
  assert.equal(found.status, 200)
  assert.equal(await (await fetch(host)).text(), 'Ollama is running')
  assert.match((await client.version()).version, /^\d+\.\d+\.\d+$/)
  const { models } = await client.list()
  const listed = models.find(({ name }) => name === model)
  assert(listed.size > 0 && /^[0-9a-f]{64}$/.test(listed.digest))
  const { model_info, capabilities, details } = await client.show({ model: `${model}:latest` })
  assert.equal(details.format, 'gguf')
  assert.deepEqual(capabilities, ['completion', 'tools'])
  assert(model_info[`${model_info['general.architecture']}.context_length`] > 0)
})

await check('chats, and gets counts and a receipt', async () => {
  const answer = await client.chat({
    model,
    messages: [
      { role: 'system', content: 'You are brief.' },
      { role: 'user', content: 'Say hello.' },
    ],
    options: { temperature: 0, num_ctx: 4_096 },
    keep_alive: '5m',
  })
  assert.notEqual(answer.message.content.trim(), '')
  assert.deepEqual([answer.message.role, answer.done, answer.done_reason], ['assistant', true, 'stop'])
  assert(answer.prompt_eval_count > 0 && answer.eval_count > 0 && answer.total_duration > 1_000_000)
  assert.notEqual(answer.ripple.receipt, null)
  assert.deepEqual(answer.ripple.ignored, ['keep_alive', 'options.num_ctx'])
  const { models } = await client.ps()
  assert(models.some(({ name }) => name === model))
})

await check('streams up to the limit of tokens', async () => {
  const lines = []
  const options = { temperature: 0, num_predict: 4 }
  for await (const line of await client.chat({ model, messages, stream: true, options })) lines.push(line)
  const last = lines.at(-1)
  assert(lines.length > 1 && lines.slice(0, -1).every(({ done, message }) => !done && message.content))
  assert.deepEqual([last.done, last.done_reason, last.eval_count], [true, 'length', 4])
  assert(last.eval_duration > 0 && last.eval_duration < last.total_duration)
})

await check('generates, streams, and continues a text as it is', async () => {
  const asked = { model, prompt: 'Say hello.', options: { temperature: 0, num_predict: 4 } }
  const answer = await client.generate({ ...asked, system: 'You are brief.' })
  assert.notEqual(answer.response.trim(), '')
  let text = ''
  for await (const { response } of await client.generate({ ...asked, stream: true })) text += response
  assert.notEqual(text.trim(), '')
  const raw = await client.generate({ ...asked, raw: true })
  assert(raw.prompt_eval_count < answer.prompt_eval_count)
  const { done_reason } = await client.generate({ model, prompt: '' })
  assert.equal(done_reason, 'load')
})

await check('gets JSON by a schema', async () => {
  const format = { type: 'object', properties: { age: { type: 'integer' } }, required: ['age'] }
  const { message } = await client.chat({
    ...{ model, messages: [{ role: 'user', content: 'Make up an age.' }], format },
    options: { temperature: 0, num_predict: 64 },
  })
  assert(Number.isInteger(JSON.parse(message.content).age))
})

await check('embeds, also by the older call', async () => {
  const { embeddings } = await client.embed({ model, input: ['a river', 'a stream'] })
  assert.deepEqual([embeddings.length, embeddings[0].length], [2, embeddings[1].length])
  assert(Math.abs(Math.hypot(...embeddings[0]) - 1) < 0.001)
  const { embedding } = await client.embeddings({ model, prompt: 'a river' })
  assert.equal(embedding.length, embeddings[0].length)
})

await check('runs a whole session of tools, streamed', async () => {
  const turns = [{ role: 'user', content: 'call weather {"city":"Oslo"}\ncall time {"city":"Bern"}' }]
  const asked = []
  for (;;) {
    const message = { role: 'assistant', content: '' }
    for await (const line of await client.chat({ model: scripted, messages: turns, tools, stream: true })) {
      message.content += line.message.content
      if (line.message.tool_calls) message.tool_calls = line.message.tool_calls
    }
    turns.push(message)
    if (!message.tool_calls) break
    for (const { function: called } of message.tool_calls) {
      asked.push([called.name, called.arguments])
      const content = called.name === 'time' ? 'It is noon.' : 'It rains.'
      turns.push({ role: 'tool', tool_name: called.name, content })
    }
  }
  assert.equal(turns.at(-1).content, 'The last of 2 calls gave: It is noon.')
  assert.deepEqual(asked, [
    ['weather', { city: 'Oslo' }],
    ['time', { city: 'Bern' }],
  ])
})

await check('aborts a stream', async () => {
  // A list of so many numbers is longer than what is read of it, whatever the model says.
  const format = { type: 'array', items: { type: 'integer' }, minItems: 200 }
  const stream = await client.chat({ model, messages, stream: true, format, options: { num_predict: 1_024 } })
  let lines = 0
  const read = async () => {
    for await (const _ of stream) {
      lines += 1
      if (lines === 5) stream.abort()
    }
  }
  await assert.rejects(read, { name: 'AbortError' })
  assert(lines >= 5 && lines < 100, `${lines} lines`)
})

await check('gets errors as its own class, with what is wrong', async () => {
  const refused = (promise, status_code, words) =>
    assert.rejects(promise, (thrown) => {
      assert.deepEqual([thrown.name, thrown.status_code], ['ResponseError', status_code])
      assert.match(thrown.error, words)
      return true
    })
  await refused(client.chat({ model: 'llama3.2', messages }), 404, /llama3\.2/)
  await refused(client.show({ model: 'llama3.2' }), 404, /llama3\.2/)
  await refused(client.chat({ model, messages: [{ ...messages[0], images: ['aGk='] }] }), 400, /images/)
  await refused(client.generate({ model, prompt: 'def f(', suffix: 'return' }), 400, /suffix/)
  const tooLong = [{ role: 'user', content: 'river '.repeat(20_000) }]
  for (const stream of [false, true])
    await refused(client.chat({ model, messages: tooLong, stream }), 400, /tokens/)
  for (const ask of [client.pull({ model }), client.delete({ model })])
    await refused(ask, 501, /ripple model/)
  const headers = { authorization: `Bearer ${process.env.A2A_KEY}` }
  await refused(new Ollama({ host, headers }).chat({ model, messages }), 403, /infer/)
})
