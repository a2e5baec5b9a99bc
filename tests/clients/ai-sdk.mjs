// Runs the AI SDK of Vercel with its provider for servers that speak as OpenAI does: https://www.npmjs.com/package/ai.
import assert from 'node:assert/strict'
import { createOpenAI } from '@ai-sdk/openai'
import { createOpenAICompatible } from '@ai-sdk/openai-compatible'
import { APICallError, embedMany, generateText, isStepCount, Output, streamText, tool } from 'ai'
import { z } from 'zod'
import { check, model, scripted } from './check.mjs'

const ripple = createOpenAICompatible({
  name: 'ripple',
  baseURL: process.env.OPENAI_BASE_URL,
  apiKey: process.env.OPENAI_API_KEY,
})
/** The SDK's default provider, whose models speak the Responses API. */
const responses = createOpenAI({ baseURL: process.env.OPENAI_BASE_URL, apiKey: process.env.OPENAI_API_KEY })
const prompt = 'Name three primes.'
/** Texts of one request for embeddings. */
const TEXTS = 300

await check('generates text', async () => {
  const { text, finishReason, usage } = await generateText({
    model: ripple(model),
    prompt: 'Say hello.',
    maxOutputTokens: 32_000,
    stopSequences: [],
    temperature: 0,
  })
  assert.notEqual(text.trim(), '')
  assert.equal(finishReason, 'stop')
  assert(usage.inputTokens > 0 && usage.outputTokens > 0)
})

await check('streams text', async () => {
  const { textStream, finishReason } = streamText({
    model: ripple(model),
    prompt,
    maxOutputTokens: 16,
  })
  const pieces = []
  for await (const piece of textStream) pieces.push(piece)
  assert(pieces.length > 1)
  assert(['stop', 'length'].includes(await finishReason))
})

await check('generates text by responses', async () => {
  const { text, usage } = await generateText({
    model: responses(model),
    prompt: 'Say hello.',
    temperature: 0,
  })
  assert.notEqual(text.trim(), '')
  assert(usage.inputTokens > 0 && usage.outputTokens > 0)
})

for (const [name, ask, provider] of [
  ['whole', generateText, ripple],
  ['streamed', streamText, ripple],
  ['whole, by responses', generateText, responses],
  ['streamed, by responses', streamText, responses],
])
  await check(`runs a session of tools, ${name}`, async () => {
    const asked = []
    const ran = await ask({
      model: provider(scripted),
      prompt: 'call weather {"city":"Oslo"}\ncall weather {"city":"Bern"}',
      stopWhen: isStepCount(5),
      tools: {
        weather: tool({
          description: 'Tells the weather in a city.',
          inputSchema: z.object({ city: z.enum(['Bern', 'Oslo']) }),
          execute: async ({ city }) => {
            asked.push(city)
            return `It rains in ${city}.`
          },
        }),
      },
    })
    assert.match(await ran.text, /^The last of 2 calls gave: .*It rains in Bern\./)
    assert.deepEqual(asked, ['Oslo', 'Bern'])
    assert.equal((await ran.steps).length, 3)
    assert.equal(await ran.finishReason, 'stop')
  })

await check('has the real model call a tool', async () => {
  const { toolCalls } = await generateText({
    model: ripple(model),
    prompt: 'What is the weather in Oslo?',
    // So small a model may write as many calls as it can: eight. Fewer tokens would cut the last one off.
    maxOutputTokens: 256,
    temperature: 0,
    toolChoice: 'required',
    tools: { weather: tool({ inputSchema: z.object({ city: z.enum(['Bern', 'Oslo']) }) }) },
  })
  assert.equal(toolCalls[0].toolName, 'weather')
  assert(['Bern', 'Oslo'].includes(toolCalls[0].input.city))
})

await check('gives an object by a schema of zod', async () => {
  const schema = z.object({
    age: z.number().int().min(18).max(99),
    code: z.string().regex(/^[A-Z]{2}-[0-9]{3}$/),
    email: z.email(),
  })
  const structured = createOpenAICompatible({
    name: 'ripple',
    baseURL: process.env.OPENAI_BASE_URL,
    apiKey: process.env.OPENAI_API_KEY,
    supportsStructuredOutputs: true,
  })
  const { output } = await generateText({
    model: structured(model),
    prompt: 'Make up a person: age, code such as AB-123 and e-mail address.',
    maxOutputTokens: 256,
    temperature: 0,
    output: Output.object({ schema }),
  })
  schema.parse(output)
})

await check(`embeds ${TEXTS} texts`, async () => {
  const values = Array.from({ length: TEXTS }, (_, at) => `text ${at}`)
  const { embeddings, usage } = await embedMany({ model: ripple.embeddingModel(model), values })
  assert.equal(embeddings.length, TEXTS)
  assert(
    embeddings.every((vector) => vector.length === embeddings[0].length && vector.every(Number.isFinite)),
  )
  assert(usage.tokens > 0)
})

await check('aborts a stream', async () => {
  const enough = new AbortController()
  let reason = null
  const { fullStream } = streamText({
    model: ripple(model),
    prompt: 'Count from one to a thousand, in words.',
    maxOutputTokens: 1_024,
    abortSignal: enough.signal,
  })
  for await (const part of fullStream) {
    if (part.type === 'text-delta') enough.abort()
    if (part.type === 'abort') reason = part.type
  }
  assert.equal(reason, 'abort')
})

await check('gets errors with their status and message', async () => {
  const unknown = generateText({ model: ripple('gpt-4o'), prompt, maxRetries: 0 })
  await assert.rejects(unknown, (thrown) => {
    assert(APICallError.isInstance(thrown))
    assert.equal(thrown.statusCode, 404)
    assert.match(thrown.message, /gpt-4o/)
    return true
  })
  const tooLong = generateText({ model: ripple(model), prompt: 'river '.repeat(20_000) })
  await assert.rejects(tooLong, (thrown) => {
    assert(APICallError.isInstance(thrown))
    assert.equal(thrown.statusCode, 400)
    assert.equal(thrown.isRetryable, false)
    return true
  })
})
