/** Tests the verbs of keys. */
import { describe, expect, test } from 'vitest'
import type { KeyRequest } from '../../../../host/keys/port.ts'
import { forever } from '../../../harness/forever.ts'
import { stubContext } from '../../api/stub-context.ts'
import { call, render } from '../calls.ts'

const made: KeyRequest[] = []
const create = async (request: KeyRequest) => {
  made.push(request)
  return 'ripple_secret'
}
const context = stubContext({ keys: { ...stubContext({}).keys, create } })

describe('key create', () => {
  test('a key may ask by default, and is shown once', async () => {
    const output = await call('key.create', context, { name: 'bot', tokens_per_day: 5 }, forever)
    expect(made.at(-1)).toEqual({ name: 'bot', scopes: ['infer'], tokens_per_day: 5 })
    expect(render('key.create', output).lines).toEqual(['ripple_secret'])
  })

  test.each([
    [{ name: 'owner' }, 'name'],
    [{ name: 'v1' }, 'name'],
    [{ name: 'Bot' }, 'name'],
    [{ name: '__proto__' }, 'name'],
    [{ name: 'b'.repeat(33) }, 'name'],
    [{ name: 'bot', scopes: ['all'] }, 'scopes'],
    [{ name: 'bot', scopes: [] }, 'scopes'],
    [{ name: 'bot', tokens_per_day: 0 }, 'tokens_per_day'],
    [{ name: 'bot', scopes: ['infer', 'write'], tokens_per_day: 5 }, 'tokens_per_day'],
  ])('`key create` refuses %o', async (input, param) => {
    const refused = { code: 'RIPPLE_BODY_INVALID', facts: { param: expect.stringContaining(param) } }
    await expect(call('key.create', context, input, forever)).rejects.toMatchObject(refused)
  })
})

test('key ls shows the use of the day and its bound', async () => {
  const today = { requests: 3, tokens_in: 70, tokens_out: 20 }
  const key = { name: 'bot', scopes: ['infer'], tokens_per_day: 100, created_at: 1, today } as const
  const keys = { ...stubContext({}).keys, list: () => [key] }
  const output = await call('key.ls', stubContext({ keys }), {}, forever)
  expect(output).toEqual({ keys: [key] })
  expect(render('key.ls', output).lines[1]).toMatch(/^bot +infer +3 +70 +20 +100$/)
})
