/** Tests the keys of tasks that come over A2A. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { contextOf, taskKey } from '../../../../host/api/a2a/task-key.ts'
import { keyField } from '../../../../host/operations/request-fields.ts'
import { owner, page } from '../../../../host/types/principal.ts'

const visible = fc.string({ unit: fc.integer({ min: 0x21, max: 0x7e }).map((at) => String.fromCharCode(at)) })
const contexts = visible.filter(({ length }) => length >= 1 && length <= 37)

describe('the key of a message', () => {
  test('a key is valid and gives its context back', () => {
    fc.assert(
      fc.property(fc.string(), contexts, (messageId, contextId) => {
        const key = taskKey({ messageId, contextId }, owner)
        expect([keyField.parse(key), contextOf(key)]).toEqual([key, contextId])
      }),
    )
  })

  test('a message has one key, and another caller or message has another', () => {
    const message = { messageId: 'm', contextId: '' }
    const key = taskKey(message, owner)
    expect(taskKey(message, owner)).toBe(key)
    expect(new Set([key, taskKey(message, page), taskKey({ ...message, messageId: 'n' }, owner)]).size).toBe(
      3,
    )
  })

  test('a task without a context is its own', () => {
    const key = taskKey({ messageId: 'm', contextId: '' }, owner)
    expect([contextOf(key), contextOf('3f1c9a2e-some-other-key')]).toEqual([key, '3f1c9a2e-some-other-key'])
  })

  test.each(['has a space', 'x'.repeat(38), 'ü'])('the context %j is refused', (contextId) => {
    expect(() => taskKey({ messageId: 'm', contextId }, owner)).toThrow('contextId is not 1 to 37')
  })
})
