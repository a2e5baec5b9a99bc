/** Tests the verbs of secrets in the daemon. */
import { expect, test } from 'vitest'
import { daemonOperations } from '../../../../host/operations/registry.ts'
import { forever } from '../../../harness/forever.ts'
import { stubContext } from '../../api/stub-context.ts'
import { call } from '../calls.ts'

test('the daemon stores a secret, lists it by name and removes it, and no answer holds its value', async () => {
  const stored = new Map<string, string>()
  const context = stubContext({
    secrets: {
      set: async (name, value) => void stored.set(name, Buffer.from(value).toString()),
      remove: async (name) => stored.delete(name),
      list: async () => [...stored.keys()].map((name) => ({ name, from: 'file' })),
    },
  })
  const base64 = Buffer.from('hush').toString('base64')
  const answers = [
    await call('secret.set', context, { name: 'acme', base64 }, forever),
    await call('secret.ls', context, {}, forever),
    await call('secret.rm', context, { name: 'acme' }, forever),
  ]
  expect(answers).toEqual([{ name: 'acme' }, { secrets: [{ name: 'acme', from: 'file' }] }, { name: 'acme' }])
  expect(stored.size).toBe(0)
  await expect(call('secret.rm', context, { name: 'acme' }, forever)).rejects.toMatchObject({
    code: 'RIPPLE_SECRET_UNKNOWN',
  })
})

test('only an owner changes secrets: a key that writes may not', () => {
  const scopes = daemonOperations
    .filter(({ name }) => /^secret\.(set|rm)$/.test(name))
    .map(({ scope }) => scope)
  expect(scopes).toEqual(['admin', 'admin'])
})
