import { expect, test } from 'vitest'
import { RippleError } from '../../../host/errors/ripple-error.ts'
import type { Local } from '../../../host/operations/local.ts'
import { modelPullHere } from '../../../host/operations/model.ts'

const { signal } = new AbortController()
const model = {
  name: 'tiny',
  sha256: 'a'.repeat(64),
  bytes: 7,
  licence: 'MIT',
  context_tokens: 2_048,
  present: true,
  path: '/cache/tiny.gguf',
}

function pull(call: Local['call']): Promise<unknown> {
  const local = { pullModel: async () => model, call } as Partial<Local> as Local
  return modelPullHere.call(local, { name: 'tiny' }, signal)
}

test('a running daemon is told what was pulled, so that its card names it', async () => {
  const told: unknown[] = []
  expect(await pull(async (...call) => told.push(call))).toEqual(model)
  expect(told).toEqual([['model.pull', { name: 'tiny' }, signal]])
})

test('pulling needs no daemon, but its refusal is told', async () => {
  const refuse = (code: 'RIPPLE_NO_DAEMON' | 'RIPPLE_BUSY') => async () => {
    throw new RippleError(code, { data: '' })
  }
  expect(await pull(refuse('RIPPLE_NO_DAEMON'))).toEqual(model)
  await expect(pull(refuse('RIPPLE_BUSY'))).rejects.toMatchObject({ code: 'RIPPLE_BUSY' })
})
