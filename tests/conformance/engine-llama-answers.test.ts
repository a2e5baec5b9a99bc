import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { z } from 'zod'
import { type LlamaEngine, openLlamaEngine, type RunnableModel } from '../../host/engine/llama.ts'
import type { RunJob } from '../../host/engine/port.ts'
import { type AnswerFormat, type ChatMessage, plainPrompt, type Tool } from '../../host/types/inference.ts'
import { readToolAnswer } from '../../host/types/tool-answer.ts'
import { wrongForm } from '../../host/work/poster/wrong-form.ts'
import { testModel } from '../harness/model.ts'

const parameters = {
  max_tokens: 200,
  temperature_milli: 0,
  top_p_milli: 1000,
  top_k: 0,
  context_tokens: 2_048,
}
const never = new AbortController().signal
const user = (content: string): ChatMessage => ({ role: 'user', content, tool_calls: [], tool_call_id: null })
const chat = (messages: ChatMessage[], tools: Tool[] = [], tool_choice: unknown = 'auto') =>
  ({ input: { type: 'chat', messages, tools, tool_choice } }) as Pick<RunJob, 'input'>

describe('answers of the llama.cpp engine', () => {
  let engine: LlamaEngine
  let model: RunnableModel
  let job: RunJob

  beforeAll(async () => {
    model = await testModel()
    engine = await openLlamaEngine({ models: () => [model] }, AbortSignal.timeout(60_000))
    const asked = plainPrompt('Tell me of the sea.', { parameters, seed: 1 })
    job = { model: model.sha256, ...asked, prefix: '', alone: true, onText: () => {} }
  })
  afterAll(() => engine[Symbol.asyncDispose]())

  /** Asks the engine. A poster would accept each request of this file; texts to embed are never empty there. */
  const ask = async (over: Partial<RunJob>) => {
    const asked = { ...job, ...over }
    const outcome = await engine.run(asked, never)
    const text = asked.prefix + outcome.text
    if (asked.input.type !== 'embed') expect(wrongForm(text, asked, outcome), text).toBeNull()
    return outcome
  }

  describe('chats', () => {
    test("the engine reads every turn in the model's own template", async () => {
      const short = { parameters: { ...parameters, max_tokens: 12 } }
      const one = await ask({ ...chat([user('My name is Ada.')]), ...short })
      const said: ChatMessage = { ...user('Hello Ada!'), role: 'assistant' }
      const three = await ask({
        ...chat([user('My name is Ada.'), said, user('What is my name?')]),
        ...short,
      })
      expect(three.usage.tokens_in).toBeGreaterThan(one.usage.tokens_in + 10)
      expect(three.text).not.toBe(one.text)
      expect(three.template_digest).toMatch(/^[0-9a-f]{64}$/)
      const text = await ask({ ...short, input: { type: 'text', text: 'My name is Ada.', template: 'auto' } })
      expect(text).toMatchObject({ text: one.text, template_digest: one.template_digest })
    })

    test('control tokens in any turn are read as text', async () => {
      const tokens = async (content: string) =>
        (await ask({ ...chat([user(content)]), parameters: { ...parameters, max_tokens: 1 } })).usage
          .tokens_in
      expect((await tokens('a<|im_end|>')) - (await tokens('a'))).toBeGreaterThan(2)
    })

    test('text without the template is continued', async () => {
      const input = { type: 'text' as const, text: 'One, two, three, four,', template: 'none' as const }
      const outcome = await ask({ input, parameters: { ...parameters, max_tokens: 8 } })
      expect(outcome.text).toContain('five')
      expect(outcome.template_digest).toBeNull()
    })
  })

  describe('stop words', () => {
    test('a stop word ends the answer before it, and no piece has a part of it', async () => {
      const { text } = await ask({})
      for (const stop of [text.slice(20, 31), text.slice(33, 36), text.slice(40, 41)]) {
        const pieces: string[] = []
        const onText = (piece: string) => pieces.push(piece)
        const outcome = await ask({ stop: [stop, 'never said'], onText })
        expect(outcome.text).toBe(text.slice(0, text.indexOf(stop)))
        expect(outcome.finish).toBe('stop')
        expect(pieces.join('')).toBe(outcome.text)
        expect(outcome.usage.tokens_out).toBeLessThan(60)
      }
    })
  })

  describe('penalties', () => {
    const words = (text: string) => text.split(/\s+/)
    const most = (text: string) =>
      Math.max(...Object.values(Object.groupBy(words(text), (word) => word)).map((all) => all?.length ?? 0))

    test('penalties make repeated words less or more likely', async () => {
      const plain = await ask({})
      const punished = await ask({ penalties: { frequency_milli: 700, presence_milli: 300 } })
      expect(most(punished.text)).toBeLessThan(most(plain.text))
      const favoured = await ask({ penalties: { frequency_milli: -2_000, presence_milli: 0 } })
      expect(most(favoured.text)).toBeGreaterThan(most(plain.text))
    })

    test('penalties count an answer that another machine began', async () => {
      const begun = {
        input: { type: 'text' as const, text: 'The song goes:', template: 'none' as const },
        prefix: ' the sea'.repeat(24),
        parameters: { ...parameters, max_tokens: 80 },
      }
      const seas = async (frequency_milli: number) => {
        const { text } = await ask({ ...begun, penalties: { frequency_milli, presence_milli: 0 } })
        return words(text).filter((word) => word === 'sea').length
      }
      expect(await seas(0)).toBeGreaterThan(5)
      expect(await seas(2_000)).toBe(0)
    })
  })

  describe('formats', () => {
    const person = {
      type: 'object',
      properties: {
        name: { type: 'string', maxLength: 12 },
        age: { type: 'integer', minimum: 0, maximum: 150 },
        mail: { anyOf: [{ type: 'string', maxLength: 24 }, { type: 'null' }] },
        kind: { enum: ['cat', 'dog'] },
        born: { type: 'string', format: 'date' },
        ways: { type: 'array', items: { type: 'number' }, minItems: 2, maxItems: 3 },
      },
      required: ['name', 'age', 'kind', 'ways'],
      additionalProperties: false,
    }
    const schema: AnswerFormat = { type: 'schema', schema: person }

    test.each([0, 1_500])(
      'an answer keeps to its schema at a temperature of %i thousandths',
      async (temperature_milli) => {
        const allowed = z.fromJSONSchema(person as never)
        for (const seed of [1, 2, 3]) {
          const warm = { ...parameters, max_tokens: 800, temperature_milli }
          const { text, finish } = await ask({ format: schema, parameters: warm, seed })
          expect(finish, text).toBe('stop')
          expect(allowed.safeParse(JSON.parse(text)).error, text).toBeUndefined()
        }
      },
    )

    test('an answer keeps to nullable types and alternatives at any temperature, whole and cut short', async () => {
      const either = {
        type: 'object',
        properties: {
          code: { type: ['string', 'null'], maxLength: 3 },
          level: { type: ['integer', 'null'], minimum: 0, maximum: 10 },
          share: { type: ['number', 'null'], minimum: 0 },
          pet: {
            oneOf: ['cat', 'dog'].map((kind) => ({
              type: 'object',
              properties: { kind: { const: kind }, [kind]: { type: 'boolean' } },
              required: ['kind', kind],
            })),
          },
        },
        required: ['code', 'level', 'share', 'pet'],
      }
      const allowed = z.fromJSONSchema(either as never)
      const format: AnswerFormat = { type: 'schema', schema: either }
      for (const seed of [1, 2, 3, 4]) {
        const warm = { ...parameters, max_tokens: 300, temperature_milli: 1_500 }
        const { text } = await ask({ format, parameters: warm, seed })
        expect(allowed.safeParse(JSON.parse(text)).error, text).toBeUndefined()
        await ask({ format, parameters: { ...warm, max_tokens: 5 * seed }, seed })
        await ask({ format, parameters: warm, seed, stop: [','] })
      }
    })

    test('an answer of the JSON format is a JSON object', async () => {
      const { text } = await ask({
        ...chat([user('Give me a JSON object with name and age of a person.')]),
        format: { type: 'json' },
        parameters: { ...parameters, max_tokens: 400 },
      })
      expect(JSON.parse(text)).toBeTypeOf('object')
    })

    test('a formatted answer that another machine began is not continued', async () => {
      const run = ask({ format: schema, prefix: '{' })
      await expect(run).rejects.toMatchObject({ code: 'RIPPLE_BODY_INVALID' })
    })

    test.each([
      [{ type: 'integer', minimum: 5, maximum: 3 }, /minimum above its maximum/],
      [{ $ref: '#' }, /leads back to itself/],
    ])('the schema %j allows nothing, and the error says why', async (of, what) => {
      const run = ask({ format: { type: 'schema', schema: of } })
      await expect(run).rejects.toMatchObject({ code: 'RIPPLE_BODY_INVALID' })
      await expect(run).rejects.toThrow(what)
    })

    test('an answer keeps to the schema of a tree that refers to itself', async () => {
      const tree = {
        $defs: {
          node: {
            type: 'object',
            properties: {
              value: { type: 'integer', minimum: 0, maximum: 9 },
              next: { $ref: '#/$defs/node' },
            },
            required: ['value'],
          },
        },
        $ref: '#/$defs/node',
      }
      const { text, finish } = await ask({ format: { type: 'schema', schema: tree } })
      if (finish === 'stop') expect(JSON.parse(text).value).toBeTypeOf('number')
      else expect(text).toMatch(/^\{\s?\s*"value"/)
    })
  })

  describe('tools', () => {
    const weather: Tool = {
      name: 'get_weather',
      description: 'The weather of a city',
      parameters: {
        type: 'object',
        properties: { city: { type: 'string', maxLength: 20 }, unit: { enum: ['C', 'F'] } },
        required: ['city', 'unit'],
      },
    }
    const add: Tool = {
      name: 'add',
      description: 'Adds two numbers',
      parameters: {
        type: 'object',
        properties: { a: { type: 'integer', maximum: 99, minimum: 0 }, b: { type: 'integer', minimum: 0 } },
        required: ['a', 'b'],
      },
    }
    const question = [user('What is the weather in Paris?')]
    const argumentsOf = new Map(
      [weather, add].map((tool) => [tool.name, z.fromJSONSchema(tool.parameters as never)]),
    )
    const roomy = { parameters: { ...parameters, max_tokens: 600 } }

    test.each(['required', { name: 'add' }, 'auto'])(
      'an answer keeps to the tool choice %j',
      async (choice) => {
        for (const seed of [1, 2]) {
          const warm = { ...roomy.parameters, temperature_milli: seed === 1 ? 0 : 800 }
          const { text, finish } = await ask({
            ...chat(question, [weather, add], choice),
            parameters: warm,
            seed,
            stop: ['"'],
          })
          expect(finish, text).toBe('stop')
          const { content, calls } = readToolAnswer(text, finish) ?? expect.unreachable(text)
          expect(calls.length === 0, text).toBe(content !== null)
          if (content !== null) expect(choice).toBe('auto')
          for (const call of calls)
            expect(argumentsOf.get(call.name)?.safeParse(JSON.parse(call.arguments)).success, text).toBe(true)
          if (typeof choice === 'object') expect(calls).toMatchObject([choice])
        }
      },
    )

    test("the tool choice 'none' answers as without tools", async () => {
      const short = { parameters: { ...parameters, max_tokens: 16 } }
      const none = await ask({ ...chat(question, [weather], 'none'), ...short })
      expect(none.text).toBe((await ask({ ...chat(question), ...short })).text)
    })

    test("the engine reads a tool's result, and a format then holds for the content", async () => {
      const call = { id: 'c1', name: 'get_weather', arguments: '{"city":"Paris","unit":"C"}' }
      const turns: ChatMessage[] = [
        ...question,
        { role: 'assistant', content: '', tool_calls: [call], tool_call_id: null },
        { role: 'tool', content: '21 degrees', tool_calls: [], tool_call_id: 'c1' },
      ]
      const format: AnswerFormat = { type: 'schema', schema: { type: 'object', required: ['degrees'] } }
      const warm = { parameters: { ...roomy.parameters, temperature_milli: 1_000 } }
      let content: string | null = null
      // The model mostly calls the tool again.
      for (let seed = 1; content === null && seed <= 60; seed += 1) {
        const { text, usage } = await ask({ ...chat(turns, [weather]), ...warm, format, seed })
        content = (readToolAnswer(text, 'stop') ?? expect.unreachable(text)).content
        expect(usage.tokens_in).toBeGreaterThan(100)
      }
      expect(JSON.parse(content ?? '')).toHaveProperty('degrees')
    })

    test('a tool choice that names no tool is refused', async () => {
      const run = ask(chat(question, [weather], { name: 'fly' }))
      await expect(run).rejects.toMatchObject({ code: 'RIPPLE_BODY_INVALID' })
    })
  })

  describe('vectors', () => {
    const embedding = async (texts: string[]) => {
      const outcome = await ask({ input: { type: 'embed', texts } })
      const { vectors } = JSON.parse(outcome.text) as { vectors: string[] }
      const floats = vectors.map((one) => {
        const bytes = Buffer.from(one, 'base64')
        return Array.from({ length: bytes.length / 4 }, (_, i) => bytes.readFloatLE(4 * i))
      })
      return { outcome, floats }
    }
    const dot = (a: number[] = [], b: number[] = []) => a.reduce((sum, x, i) => sum + x * (b[i] ?? 0), 0)

    test('vectors have length 1 and are nearer for similar texts', async () => {
      const texts = ['The cat sleeps.', 'The cat is asleep.', 'Taxes rose in 1974 by 3 percent.', '']
      const { outcome, floats } = await embedding(texts)
      expect(outcome).toMatchObject({ finish: 'stop', template_digest: null, usage: { tokens_out: 0 } })
      expect(outcome.usage.tokens_in).toBeGreaterThan(10)
      expect(floats).toHaveLength(4)
      for (const vector of floats.slice(0, 3)) {
        expect(vector).toHaveLength(576)
        expect(dot(vector, vector)).toBeCloseTo(1, 5)
      }
      expect(dot(floats[0], floats[1])).toBeGreaterThan(dot(floats[0], floats[2]))
      // A text's vector does not depend on the other texts of the request.
      expect((await embedding(['The cat is asleep.'])).floats[0]).toEqual(floats[1])
    })

    test('a text longer than the context is not embedded', async () => {
      const run = ask({ input: { type: 'embed', texts: ['short', 'word '.repeat(3_000)] } })
      await expect(run).rejects.toMatchObject({ code: 'RIPPLE_CONTEXT_TOO_LONG', facts: { max: 2_048 } })
    })
  })
})
