import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { presenterOf } from '../../../host/cli/present/index.ts'
import { errors } from '../../../host/errors/table.ts'
import { daemonHandlers, localHandlers } from '../../../host/operations/handlers.ts'
import { jsonSchemaOf, type Property } from '../../../host/operations/json-schema.ts'
import { commonErrors, type Operation } from '../../../host/operations/operation.ts'
import { daemonOperations, localOperations } from '../../../host/operations/registry.ts'

const all = [...new Set([...daemonOperations, ...localOperations])]
const folder = join(import.meta.dirname, '../../../host/operations')

/** Lists the fields of a schema that have no description, by their path. */
function undescribed({ properties = {}, items, anyOf = [] }: Property, path: string): string[] {
  return [
    ...Object.entries(properties).flatMap(([name, field]) => [
      ...(field.description ? [] : [`${path}.${name}`]),
      ...undescribed(field, `${path}.${name}`),
    ]),
    ...(items ? undescribed(items, `${path}[]`) : []),
    ...anyOf.flatMap((form) => undescribed(form, path)),
  ]
}

test('every operation has a handler, and a presentation if it is a command', () => {
  const names = (all: readonly Operation[]) => all.map(({ name }) => name).sort()
  expect(names(daemonHandlers.map(({ operation }) => operation))).toEqual(names(daemonOperations))
  expect(names(localHandlers.map(({ operation }) => operation))).toEqual(names(localOperations))
  const commands = [...localOperations, ...daemonOperations].filter(({ surfaces }) => surfaces.cli)
  for (const { names } of commands)
    for (const name of names) expect(presenterOf(name).operation.names).toContain(name)
})

test('an operation says that it is on HTTP exactly if the daemon has a route for it', () => {
  const said = all.filter(({ surfaces }) => surfaces.http !== false)
  expect(new Set(said)).toEqual(new Set(daemonOperations))
})

test('no two operations of the daemon share a name, and no two tools', () => {
  const names = daemonOperations.flatMap((one) => one.names)
  expect(new Set(names).size).toBe(names.length)
  const tools = daemonOperations.flatMap(({ surfaces }) => surfaces.mcp ?? [])
  expect(new Set(tools).size).toBe(tools.length)
})

describe.each(all.map((one) => [one.name, one] as const))('%s', (_name, one) => {
  test('describes every field of its input and output', () => {
    expect(undescribed(jsonSchemaOf(one.input, 'input'), 'input')).toEqual([])
    expect(undescribed(jsonSchemaOf(one.output, 'output'), 'output')).toEqual([])
  })

  test('types only fields of its input', () => {
    const { properties = {} } = jsonSchemaOf(one.input, 'input')
    expect(Object.keys(properties)).toEqual(expect.arrayContaining(Object.keys(one.flags)))
  })

  test('names each error once, from the table', () => {
    expect(new Set(one.errors).size).toBe(one.errors.length)
    expect(Object.keys(errors)).toEqual(expect.arrayContaining([...one.errors]))
  })
})

/** The folders with a shape of their own, with the codes that their other files throw. */
const nouns = readdirSync(folder, { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .map(({ name }) => {
    const files = readdirSync(join(folder, name)).map((file) =>
      readFileSync(join(folder, name, file), 'utf8'),
    )
    const thrown = files.flatMap((text) =>
      [...text.matchAll(/(?:RippleError|refuse)\('(\w+)'/g)].map(([, code]) => code),
    )
    const shape = readFileSync(join(folder, name, 'shape.ts'), 'utf8')
    return [name, thrown, shape] as const
  })

test.each(nouns)('the operations on a %s name each error that their code throws', async (name, thrown) => {
  const shapes: Record<string, Operation> = await import(`../../../host/operations/${name}/shape.ts`)
  const named = Object.values(shapes).flatMap((one) => one.errors ?? [])
  expect([...named, ...commonErrors]).toEqual(expect.arrayContaining(thrown))
})

test('a key that is made for each request is no default of a schema', () => {
  const { properties } = jsonSchemaOf(operationOf('task.post').input, 'input')
  expect(properties?.key).not.toHaveProperty('default')
  expect(properties?.lease_ms).toMatchObject({ default: 30_000, minimum: 1_000 })
})

function operationOf(name: string): Operation {
  return daemonOperations.find((one) => one.name === name) ?? expect.unreachable()
}
