import { describe, expect, test } from 'vitest'
import { openapi } from '../../../../host/api/openapi.ts'
import { daemonOperations } from '../../../../host/operations/registry.ts'
import { fieldsOf, readForm } from '../../../../host/ui/bar/form-fields.ts'
import { verbsOf } from '../../../../host/ui/bar/verbs.ts'

const verbs = verbsOf(openapi() as Parameters<typeof verbsOf>[0])
const fields = (name: string) =>
  fieldsOf((verbs.find((verb) => verb.name === name) ?? expect.unreachable()).input)
const kindsOf = (name: string) => Object.fromEntries(fields(name).map((field) => [field.name, field.kind]))

describe('the form of a verb', () => {
  test('every verb of the daemon is there once, and its form has every field', () => {
    expect(verbs.map(({ name }) => name).sort()).toEqual(daemonOperations.map(({ name }) => name).sort())
    for (const { input } of verbs)
      expect(
        fieldsOf(input)
          .map(({ name }) => name)
          .sort(),
      ).toEqual(Object.keys(input.properties ?? {}).sort())
  })

  test('a form that nobody touched sends nothing, or names the first field that is needed', () => {
    for (const { input } of verbs)
      expect(readForm(fieldsOf(input), {})).toEqual(
        input.required?.length ? { field: expect.any(String), fault: 'missing' } : { input: {} },
      )
  })

  test('the kind of a field follows from its schema', () => {
    expect(kindsOf('task.post')).toMatchObject({
      prompt: 'lines',
      max_tokens: 'number',
      timeout_ms: 'duration',
      after: 'list',
      priority: 'choice',
      wait: 'check',
      model: 'text',
    })
    expect(kindsOf('key.create')).toMatchObject({ scopes: 'choices' })
    expect(kindsOf('receipt.siblings')).toEqual({ base64: 'file' })
    expect(kindsOf('policy.decide')).toMatchObject({ facts: 'json' })
  })

  test('needed fields come first', () => {
    expect(fields('task.post')[0]?.name).toBe('prompt')
  })

  test('a default and the bounds are shown as people type them', () => {
    const expires = fields('invite').find(({ name }) => name === 'expires_ms')
    expect(expires).toMatchObject({ label: 'expires', usual: '1 d', min: 1_000, max: 2_592_000_000 })
  })

  test('typed text becomes the input of the verb', () => {
    const typed = {
      prompt: ' Name three rivers.\n',
      max_tokens: '64',
      timeout_ms: '5 min',
      after: 'one\n\n two ',
      priority: 'background',
      wait: 'yes',
    }
    expect(readForm(fields('task.post'), typed)).toEqual({
      input: {
        prompt: ' Name three rivers.\n',
        max_tokens: 64,
        timeout_ms: 300_000,
        after: ['one', 'two'],
        priority: 'background',
        wait: true,
      },
    })
  })

  test.each([
    ['task.post', { prompt: 'a', max_tokens: 'many' }, { field: 'max_tokens', fault: 'number' }],
    ['task.post', { prompt: 'a', timeout_ms: 'soon' }, { field: 'timeout_ms', fault: 'duration' }],
    ['policy.decide', { point: 'run', facts: '{' }, { field: 'facts', fault: 'json' }],
    ['task.show', { id: ' ' }, { field: 'id', fault: 'missing' }],
  ])('%s: the form names the field that cannot be read', (name, typed, fault) => {
    expect(readForm(fields(name), typed)).toEqual(fault)
  })
})
