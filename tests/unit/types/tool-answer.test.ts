import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { readChat } from '../../../host/api/openai/chat-request.ts'
import { answerGrammar } from '../../../host/engine/grammar/answer.ts'
import { contentReader, readToolAnswer } from '../../../host/types/tool-answer.ts'

const text = fc.string({ unit: 'binary', maxLength: 40 })

/** A text in pieces, cut wherever. */
function cut(whole: string, at: readonly number[]): string[] {
  const places = [...new Set(at.map((place) => place % (whole.length + 1)))].sort((a, b) => a - b)
  return [...places, whole.length].map((end, index) => whole.slice(places[index - 1] ?? 0, end))
}

describe('an answer with tools', () => {
  it.each([
    ['{"content": "Hi"}', { content: 'Hi', calls: [] }],
    ['\n{ "content" : "Hi" }\n', { content: 'Hi', calls: [] }],
    ['Just text.', { content: 'Just text.', calls: [] }],
    ['', { content: '', calls: [] }],
    ['{"content": {"n": 1}}', { content: '{"n":1}', calls: [] }],
    [
      '{"tool_calls": [{"name": "f", "arguments": {"a": 1}}, {"name": "g", "arguments": "{}"}]}',
      {
        content: null,
        calls: [
          { name: 'f', arguments: '{"a":1}' },
          { name: 'g', arguments: '{}' },
        ],
      },
    ],
    ['{"content": null, "tool_calls": []}', { content: null, calls: [] }],
    ['{"other": 1}', null],
    ['{"content"', null],
    ['{"tool_calls": [{"name": 7}]}', null],
  ])('the tool answer %s is read as %o', (whole, read) => {
    expect(readToolAnswer(whole, 'stop')).toEqual(read)
  })

  it.each([
    ['{"content": "Hi th', 'Hi th'],
    ['{"content": "Hi\\', 'Hi'],
    ['{"content": "Hi\\u00', 'Hi'],
    ['{"cont', ''],
    ['{"tool_calls": [{"name": "f"', ''],
  ])('a tool answer cut at %s has the text so far', (whole, content) => {
    expect(readToolAnswer(whole, 'length')).toEqual({ content, calls: [] })
  })
})

describe('callable tools', () => {
  const tool = (name: string) => ({ type: 'function', function: { name, parameters: { type: 'object' } } })
  const named = { type: 'function', function: { name: 'now' } }
  const body = { model: 'm', messages: [{ role: 'user', content: 'Hi' }] }

  it.each([
    [[], undefined, []],
    [[], 'none', []],
    [[], 'auto', []],
    [['add', 'now'], 'none', []],
    [['add', 'now'], undefined, ['add', 'now']],
    [['add', 'now'], 'auto', ['add', 'now']],
    [['add', 'now'], 'required', ['add', 'now']],
    [['add', 'now'], named, ['now']],
  ])('the callable tools of %o with the choice %o are %o, as in the engine', (tools, tool_choice, names) => {
    const { ask, tools: callable } = readChat({ ...body, tools: tools.map(tool), tool_choice })
    expect(callable).toEqual(names)
    const grammar = answerGrammar({ input: ask.input, format: { type: 'text' } })
    const held = ['add', 'now'].filter((name) => grammar?.includes(name))
    expect([grammar !== null, held]).toEqual([names.length > 0, names])
  })
})

it('a malformed tool answer never throws', () => {
  fc.assert(
    fc.property(fc.oneof(fc.string(), fc.json()), fc.constantFrom('stop', 'length'), (said, finish) => {
      const read = readToolAnswer(said, finish)
      if (!said.trimStart().startsWith('{')) expect(read).toEqual({ content: said, calls: [] })
    }),
  )
})

describe('the content of a tool answer', () => {
  it('the content in pieces is the same as whole, wherever it is cut', () => {
    fc.assert(
      fc.property(text, fc.array(fc.nat(), { maxLength: 12 }), (said, at) => {
        const escaped = JSON.stringify(said).replaceAll('a', '\\u0061')
        const read = contentReader()
        const pieces = cut(`{ "content": ${escaped}}`, at).map(read)
        expect(pieces.join('')).toBe(said)
      }),
    )
  })

  it('the content is given as soon as it is there', () => {
    const read = contentReader()
    expect(['{"content":"a', 'b', 'c"', '}'].map(read)).toEqual(['a', 'b', 'c', ''])
  })

  it('an answer without JSON is given as it is', () => {
    const read = contentReader()
    expect([' ', 'Hi', ' {"content": "x"}'].map(read)).toEqual(['', ' Hi', ' {"content": "x"}'])
  })

  it('an answer with calls has no content', () => {
    const read = contentReader()
    expect(['{"tool', '_calls": [', '{"content": "x"}]}'].map(read).join('')).toBe('')
  })

  it('the content never exceeds the whole answer, whatever a worker sends', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          text,
          text.map((rest) => `{"content": "${rest}`),
        ),
        fc.array(fc.nat()),
        (whole, at) => {
          const given = cut(whole, at).map(contentReader()).join('')
          const read = readToolAnswer(whole, 'stop')
          if (read) expect((read.content ?? '').startsWith(given)).toBe(true)
        },
      ),
    )
  })

  it('an answer whose beginning never ends costs no more than its length', () => {
    const read = contentReader()
    const begun = performance.now()
    for (let piece = 0; piece < 200_000; piece++) read(' ')
    expect(performance.now() - begun).toBeLessThan(2_000)
  })
})
