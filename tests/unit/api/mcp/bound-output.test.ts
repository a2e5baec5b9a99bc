/** Tests how the output of a tool is bounded. */
import { expect, test } from 'vitest'
import { boundOutput } from '../../../../host/api/mcp/bound-output.ts'
import { mcpLimits } from '../../../../host/limits/mcp.ts'

const { mcp_text_chars_max: chars, mcp_items_max: items, mcp_output_bytes_max: bytes } = mcpLimits

test('a small output stays as it is', () => {
  const output = { tasks: [{ prompt: 'Why?', ok: true, at: null, tokens: 3 }] }
  expect(boundOutput(output)).toEqual({ value: output, cuts: [] })
})

test('a long text and a long list are cut, and named with their length', () => {
  const { value, cuts } = boundOutput({
    task: { prompt: 'x'.repeat(chars + 1) },
    ids: Array(items + 5).fill(1),
  })
  expect(value).toEqual({ task: { prompt: 'x'.repeat(chars) }, ids: Array(items).fill(1) })
  expect(cuts).toEqual([`task.prompt: ${chars + 1} characters`, `ids: ${items + 5} items`])
})

test('a cut never leaves half of a character', () => {
  const { value } = boundOutput({ text: `${'x'.repeat(chars - 1)}😀` })
  expect(String(value.text).isWellFormed()).toBe(true)
})

test('an output of many texts that is still too large is refused', () => {
  const texts = Array(Math.ceil(bytes / chars) + 1).fill('x'.repeat(chars))
  expect(() => boundOutput({ texts })).toThrow(expect.objectContaining({ code: 'RIPPLE_OUTPUT_TOO_LARGE' }))
})
