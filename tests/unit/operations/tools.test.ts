import { expect, test } from 'vitest'
import { tools } from '../../../host/operations/tools.ts'

test('each tool has schemas of objects, and hints by its effect', () => {
  const all = tools()
  expect(all.length).toBeGreaterThan(10)
  for (const { name, inputSchema, outputSchema } of all) {
    expect(name).toMatch(/^[a-z_.]{1,64}$/)
    expect([inputSchema.type, outputSchema.type]).toEqual(['object', 'object'])
  }
  const hints = (name: string) => all.find((one) => one.name === name)?.annotations
  expect(hints('status')).toEqual({ readOnlyHint: true, destructiveHint: false, idempotentHint: true })
  expect(hints('task.cancel')).toEqual({ readOnlyHint: false, destructiveHint: true, idempotentHint: true })
  expect(hints('resources.schedule_task')).toMatchObject({ readOnlyHint: false, idempotentHint: false })
})

test('the wire contract names the tools that it defines', () => {
  expect(tools().map(({ name }) => name)).toEqual(
    expect.arrayContaining([
      'holochain.query_peers',
      'inference.single_query',
      'resources.allocate',
      'resources.query_available',
      'resources.release',
      'resources.schedule_task',
    ]),
  )
})
