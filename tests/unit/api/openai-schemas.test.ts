// Tests the JSON schemas of chat requests, from the request to the checked answer.

import { readFileSync } from 'node:fs'
import { Ajv2020 } from 'ajv/dist/2020.js'
import { fullFormats } from 'ajv-formats/dist/formats.js'
import { zodFunction, zodResponseFormat } from 'openai/helpers/zod'
import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import { limits } from '../../../host/limits.ts'
import { anyOfGrammar, serveSchemas } from './schema-plane.ts'

const messages = [{ role: 'user' as const, content: 'Say it.' }]
const model = 'sim'
const held = (schema: unknown, strict?: boolean) => ({
  response_format: { type: 'json_schema', json_schema: { name: 'it', schema, strict } },
})
const called = (parameters: unknown, strict?: boolean) => ({
  tools: [{ type: 'function', function: { name: 'f', parameters, strict } }],
  tool_choice: { type: 'function', function: { name: 'f' } },
})
const object = (properties: object, rest: object = {}) => ({
  ...{ type: 'object', properties, required: Object.keys(properties), additionalProperties: false },
  ...rest,
})
/** No grammar carries it. */
const withoutBad = { type: 'string', pattern: '^(?!bad).*$' }

interface Body {
  readonly choices: [
    {
      finish_reason: string
      message: { content: string; tool_calls?: [{ function: { arguments: string } }] }
    },
  ]
  readonly ripple: { readonly ignored: string[]; readonly why: string; readonly receipts: string[] }
  readonly error: { code: string; ripple_code: string; message: string; param: string | null }
}
const read = ({ text }: { readonly text: string }): Body => JSON.parse(text)

describe('property schemas as pydantic, zod and MCP servers write them', () => {
  const file = new URL('../../fixtures/property-schemas.json', import.meta.url)
  const list: { readonly name: string; readonly schema: object }[] = JSON.parse(readFileSync(file, 'utf8'))
  /** Leaves out keywords of dialects that ajv does not know; a format next to a pattern is the pattern's name. */
  const isOurs = (schema: object) =>
    /"nullable"|"exclusiveM\w+":true|"items":\[|"id":|"format":"(?!email|uuid|date-time|uri|ipv)/.test(
      JSON.stringify(schema),
    )

  function misfits(schema: object, text: string): string[] {
    if (isOurs(schema)) return []
    const ajv = new Ajv2020({
      strict: false,
      logger: false,
      formats: fullFormats,
      validateSchema: false,
      multipleOfPrecision: 4,
    })
    const { $schema: _, ...plain } = schema as { $schema?: string }
    return ajv.validate(plain, JSON.parse(text)) ? [] : [`${text}: ${ajv.errorsText()}`]
  }

  test('the shipped list has at least 60 property schemas, each with a name of its own', () => {
    expect(list.length).toBeGreaterThanOrEqual(60)
    expect(new Set(list.map(({ name }) => name)).size).toBe(list.length)
  })

  test('nine in ten property schemas work as response_format, and their answers fit', async () => {
    const { post } = await serveSchemas(anyOfGrammar())
    const refused: string[] = []
    for (const { name, schema } of list) {
      const answer = await post(held(schema))
      const { choices, error } = read(answer)
      if (answer.status === 400) {
        expect(error.message).toMatch(/schema/)
        refused.push(name)
      } else if (answer.status === 200) expect(misfits(schema, choices[0].message.content)).toEqual([])
      // No grammar carries all of it, and what was drawn twice breaks the rest.
      else expect([name, error.ripple_code]).toEqual([name, 'RIPPLE_ANSWER_INVALID'])
    }
    expect(refused.length).toBeLessThanOrEqual(list.length / 10)
  })

  test("nine in ten property schemas are taken as a tool's parameters", async () => {
    const { post } = await serveSchemas(anyOfGrammar())
    const statuses = []
    for (const { schema } of list) statuses.push((await post(called(schema))).status)
    expect(statuses.filter((status) => status !== 200).length).toBeLessThanOrEqual(list.length / 10)
  })

  test('nine in ten property schemas are taken as a strict response_format', async () => {
    const { post } = await serveSchemas(anyOfGrammar())
    const statuses = []
    for (const { schema } of list) statuses.push((await post(held(schema, true))).status)
    expect(statuses.filter((status) => status === 400).length).toBeLessThanOrEqual(list.length / 10)
  })
})

describe('the keywords that a response format may have', () => {
  test.each<[string, object]>([
    ['a range of a number', { type: 'number', minimum: 0.5, maximum: 99.5 }],
    ['a range of an integer', { type: 'integer', minimum: 18, maximum: 12_000 }],
    ['a pattern', { type: 'string', pattern: '^[A-Z]{2}-[0-9]{4}$' }],
    ['an e-mail address', { type: 'string', format: 'email' }],
    ['a UUID', { type: 'string', format: 'uuid' }],
    ['a multiple', { type: 'integer', multipleOf: 5, minimum: 0, maximum: 1_000 }],
    ['names of properties', { type: 'object', propertyNames: { pattern: '^[a-z]{1,3}$' }, minProperties: 1 }],
    ['OpenAPI’s nullable', { type: 'integer', nullable: true, minimum: 0 }],
  ])('a response format takes %s, and the answer fits it', async (_what, schema) => {
    const { post } = await serveSchemas(anyOfGrammar())
    const ajv = new Ajv2020({ strict: false, formats: fullFormats })
    for (let nth = 0; nth < 5; nth += 1) {
      const answer = await post(held(object({ it: schema }), true))
      expect(answer.status).toBe(200)
      const { choices, ripple } = read(answer)
      expect(ajv.validate(object({ it: schema }), JSON.parse(choices[0].message.content))).toBe(true)
      expect(ripple.ignored).toEqual([])
    }
  })
})

describe('a whole answer that breaks its schema', () => {
  const bad = '{"it": "bad"}'
  const good = '{"it": "good"}'

  test('an answer that breaks its schema is asked again with another seed, and says so', async () => {
    const { post, jobs } = await serveSchemas((_job, nth) => (nth === 0 ? bad : good))
    const { choices, ripple } = read(
      await post({ ...held(object({ it: withoutBad })), seed: 5, temperature: 0 }),
    )
    expect(choices[0].message.content).toBe(good)
    expect(ripple.why).toContain('asked again')
    expect(jobs.map(({ seed }) => seed)).toEqual([5, 6])
    expect(jobs.map(({ parameters }) => parameters.temperature_milli)).toEqual([
      0,
      limits.asked_again_temperature_milli,
    ])
  })

  test('a second answer that breaks its schema ends the request with its place', async () => {
    const { post, jobs } = await serveSchemas(() => bad)
    const answer = await post(held(object({ it: withoutBad })))
    expect(answer.status).toBe(502)
    expect(read(answer).error).toMatchObject({
      code: 'schema_mismatch',
      ripple_code: 'RIPPLE_ANSWER_INVALID',
      message: expect.stringContaining('/it must match pattern'),
    })
    expect(jobs.length).toBe(2)
  })

  test('a stream shows no rejected answer: it gives the second one or an error', async () => {
    const body = { ...held(object({ it: withoutBad })), stream: true }
    const once = await serveSchemas((_job, nth) => (nth === 0 ? bad : good))
    const streamed = (await once.post(body)).text
    expect(streamed).toContain(JSON.stringify(good).slice(1, -1))
    expect(streamed).not.toContain(JSON.stringify(bad).slice(1, -1))
    const never = await serveSchemas(() => bad)
    const failed = (await never.post(body)).text
    expect(failed).toContain('RIPPLE_ANSWER_INVALID')
    expect(failed).not.toContain(JSON.stringify(bad).slice(1, -1))
  })

  test('a stream ends with an error if its worker breaks the grammar', async () => {
    const { post } = await serveSchemas(() => '{"it": 11}')
    const { text } = await post({ ...held(object({ it: { type: 'integer', maximum: 10 } })), stream: true })
    expect(text).toContain('RIPPLE_ANSWER_INVALID')
    expect(text).not.toContain('[DONE]')
  })

  test('an answer that was cut short is given unchecked', async () => {
    const { post, jobs } = await serveSchemas(() => '{"it": "ba')
    const { choices } = read(await post({ ...held(object({ it: withoutBad })), max_tokens: 1 }))
    expect(choices[0]).toMatchObject({ finish_reason: 'length', message: { content: '{"it": "ba' } })
    expect(jobs.length).toBe(1)
  })

  test('a pattern of exponential cost ends the check, not the daemon', async () => {
    const { post } = await serveSchemas(() => JSON.stringify(`${'a'.repeat(60)}!`))
    const answer = await post(held({ type: 'string', pattern: '^(?=(a+)+$)a*$' }))
    expect(read(answer).error).toMatchObject({ ripple_code: 'RIPPLE_ANSWER_INVALID' })
  })
})

describe('a keyword that can be neither carried nor checked', () => {
  const schema = object({ phone: { type: 'string', format: 'phone' } })
  const path = 'response_format.json_schema.schema.properties.phone.format'

  test('an unknown format is named as ignored', async () => {
    const { post } = await serveSchemas(() => '{"phone": "1"}')
    const answer = read(await post(held(schema)))
    expect(answer.choices[0].message.content).toBe('{"phone": "1"}')
    expect(answer.ripple.ignored).toEqual([path])
  })

  test('a strict response format with an unknown format is refused by name', async () => {
    const { post, jobs } = await serveSchemas(() => '{"phone": "1"}')
    const answer = await post(held(schema, true))
    expect(answer.status).toBe(400)
    expect(read(answer).error).toMatchObject({ param: path, message: expect.stringContaining('"phone"') })
    expect(jobs).toEqual([])
  })

  test('a strict tool with an unknown format is refused by name', async () => {
    const { post } = await serveSchemas(() => '')
    expect(read(await post(called(schema, true))).error.param).toBe(
      'tools.0.function.parameters.properties.phone.format',
    )
  })
})

describe('tools', () => {
  const said = (it: string) => JSON.stringify({ tool_calls: [{ name: 'f', arguments: { it } }] })
  const parameters = object({ it: withoutBad })

  test('a call of a strict tool that breaks its schema is asked for again', async () => {
    const { post, jobs } = await serveSchemas((_job, nth) => said(nth === 0 ? 'bad' : 'good'))
    const { choices, ripple } = read(await post(called(parameters, true)))
    expect(choices[0].message.tool_calls?.[0].function.arguments).toBe('{"it":"good"}')
    expect(ripple.ignored).toEqual([])
    expect(jobs.length).toBe(2)
  })

  test('a keyword outside the grammar is named as ignored if its tool is not strict', async () => {
    const { post, jobs } = await serveSchemas(() => said('bad'))
    const { choices, ripple } = read(await post(called(parameters)))
    expect(choices[0].message.tool_calls?.[0].function.arguments).toBe('{"it":"bad"}')
    expect(ripple.ignored).toEqual(['tools.0.function.parameters.properties.it.pattern'])
    expect(jobs.length).toBe(1)
  })
})

describe('a schema next to json_object', () => {
  test('an answer keeps to a schema next to json_object', async () => {
    const { post, jobs } = await serveSchemas(anyOfGrammar())
    const schema = object({ n: { type: 'integer', minimum: 3, maximum: 5 } })
    const { choices, ripple } = read(await post({ response_format: { type: 'json_object', schema } }))
    expect([3, 4, 5]).toContain(JSON.parse(choices[0].message.content).n)
    expect(jobs[0]?.format).toEqual({ type: 'schema', schema })
    expect(ripple.ignored).toEqual([])
  })

  test('an unknown format of a schema next to json_object is named as ignored', async () => {
    const { post } = await serveSchemas(() => '"a"')
    const schema = { type: 'string', format: 'phone' }
    const { ripple } = read(await post({ response_format: { type: 'json_object', schema } }))
    expect(ripple.ignored).toEqual(['response_format.schema.format'])
  })
})

describe('fields within fields', () => {
  test('nested fields without effect are named up to a bound', async () => {
    const { post } = await serveSchemas(() => '{}')
    const tools = [{ type: 'function', x: 1, function: { name: 'f', y: {}, parameters: { type: 'object' } } }]
    const content = [{ type: 'text', text: 'Hi', cache_control: { type: 'ephemeral' } }]
    const body = {
      store: true,
      messages: [
        { role: 'user', content, name: 'me', cache_control: {} },
        { role: 'assistant', content: 'Hm', refusal: null, annotations: [] },
        { role: 'user', content: 'Say it.' },
      ],
      ...{ tools, tool_choice: 'none' },
      response_format: { type: 'json_object', strict: true },
    }
    expect(read(await post(body)).ripple.ignored.toSorted()).toEqual([
      'messages.0.cache_control',
      'messages.0.content.0.cache_control',
      'messages.0.name',
      'messages.1.annotations',
      'response_format.strict',
      'store',
      'tools.0.function.y',
      'tools.0.x',
    ])
    const many = Object.fromEntries(Array.from({ length: 40 }, (_, at) => [`f${at}`, at]))
    const bounded = read(await post({ messages: [{ role: 'user', content: 'Hi', ...many }] }))
    expect(bounded.ripple.ignored.length).toBe(limits.openai_ignored_max)
  })

  test('an unknown option of a stream is named in its last event', async () => {
    const { post } = await serveSchemas(() => 'Hi')
    const { text } = await post({ stream: true, stream_options: { include_usage: true, foo: 1 } })
    expect(text).toContain('"ignored":["stream_options.foo"]')
  })
})

describe('the helpers of OpenAI’s client', () => {
  const shape = z.object({
    email: z.email(),
    id: z.uuid(),
    age: z.number().int().min(18).max(120),
    share: z.number().min(0).max(1),
    code: z.string().regex(/^[A-Z]{3}$/),
    day: z.iso.date(),
    at: z.iso.datetime(),
    note: z.string().nullable(),
  })

  test('OpenAI’s client parses an answer by a zod schema with ranges, patterns, e-mail and UUID', async () => {
    const { client } = await serveSchemas(anyOfGrammar())
    for (let nth = 0; nth < 10; nth += 1) {
      const { choices } = await client.chat.completions.parse({
        ...{ model, messages },
        response_format: zodResponseFormat(shape, 'person'),
      })
      expect(shape.parse(choices[0]?.message.parsed)).toEqual(choices[0]?.message.parsed)
    }
  })

  test('OpenAI’s client parses the call of a tool by a zod schema', async () => {
    const { client } = await serveSchemas(anyOfGrammar())
    const tool = zodFunction({ name: 'save', parameters: shape })
    const { choices } = await client.chat.completions.parse({
      ...{ model, messages, tools: [tool] },
      tool_choice: { type: 'function', function: { name: 'save' } },
    })
    const call = choices[0]?.message.tool_calls?.[0]
    if (call?.type !== 'function') throw new TypeError('no call of a function')
    expect(shape.parse(call.function.parsed_arguments)).toEqual(call.function.parsed_arguments)
  })
})
