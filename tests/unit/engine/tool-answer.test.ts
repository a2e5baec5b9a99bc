import fc from 'fast-check'
import { expect, test } from 'vitest'
import { parseToolAnswer } from '../../../host/types/tool-answer.ts'

test.each([
  ['{"content":"Hello."}', { content: 'Hello.' }],
  ['{"content":{"a":[1]}}', { content: '{"a":[1]}' }],
  [
    '{ "tool_calls": [{"name":"add","arguments":{"a":1}},{"name":"now","arguments":{}}] }',
    {
      tool_calls: [
        { name: 'add', arguments: { a: 1 } },
        { name: 'now', arguments: {} },
      ],
    },
  ],
])('%s', (text, answer) => {
  expect(parseToolAnswer(text)).toEqual(answer)
})

test.each([
  '',
  'Hello.',
  'null',
  '{"content":"cut',
  '{"tool_calls":[]}',
  '{"tool_calls":[{"name":"add","arguments":"a"}]}',
  '{"tool_calls":[{"name":"add","arguments":{}}],"content":"both"}',
  '[{"name":"add","arguments":{}}]',
])('%s is no answer of a run with tools', (text) => {
  expect(parseToolAnswer(text)).toBeNull()
})

test('nothing makes it throw', () => {
  fc.assert(fc.property(fc.oneof(fc.string(), fc.json()), (text) => void parseToolAnswer(text)))
})
