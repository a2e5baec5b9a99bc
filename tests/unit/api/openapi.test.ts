import { Validator } from '@seriousme/openapi-schema-validator'
import { describe, expect, onTestFinished, test } from 'vitest'
import { openapi } from '../../../host/api/openapi.ts'
import { daemonOperations, routeOf } from '../../../host/operations/registry.ts'
import { host, openaiKey, stubApi, token } from './stub-api.ts'

interface Described {
  readonly paths: Record<string, Record<string, Route>>
  readonly components: { readonly schemas: Record<string, unknown> }
}

interface Route {
  readonly operationId: string
  readonly responses: Record<string, { readonly description: string }>
  readonly 'x-ripple-scope'?: string
}

const made = () => JSON.parse(JSON.stringify(openapi()))
const document: Described = made()

function api() {
  const app = stubApi()
  onTestFinished(() => app.close())
  return app
}

const headers = { host, authorization: `Bearer ${token}`, 'content-type': 'application/json' }

describe('the OpenAPI document', () => {
  test('the document is valid by the schema of OpenAPI 3.1', async () => {
    const validator = new Validator()
    expect(await validator.validate(made())).toMatchObject({ valid: true })
    expect(validator.version).toBe('3.1')
  })

  test('each reference leads to a schema of the document', () => {
    const names = [...JSON.stringify(document).matchAll(/"\$ref":"([^"]+)"/g)].map(([, to = '']) => to)
    expect(names.length).toBeGreaterThan(10)
    for (const name of new Set(names)) {
      expect(name).toMatch(/^#\/components\/schemas\//)
      expect(document.components.schemas).toHaveProperty([name.split('/').at(-1) ?? ''])
    }
  })

  test('the document has every route of the API, and no other', async () => {
    const app = api()
    await app.ready()
    const documented = Object.entries(document.paths).flatMap(([path, methods]) =>
      Object.keys(methods).map(
        (method) => `${method.toUpperCase()} ${path.replace('{model}', '*').replace(/{(\w+)}/g, ':$1')}`,
      ),
    )
    const files = ['GET /', 'GET /ui/:name']
    expect([...documented, ...files].sort()).toEqual(routesOf(app.printRoutes({ commonPrefix: false })))
  })

  test('every operation has its route, with its scope and codes', () => {
    for (const { names, scope, errors } of daemonOperations)
      for (const name of names) {
        const route = document.paths[routeOf(name)]?.post ?? expect.unreachable()
        expect([route.operationId, route['x-ripple-scope']]).toEqual([name, scope])
        const codes = Object.values(route.responses).flatMap(({ description }) => description.split(', '))
        expect(codes).toEqual(expect.arrayContaining([...errors, 'RIPPLE_BODY_INVALID']))
      }
  })

  test('the document holds nothing that is made for each request', () => {
    expect(made()).toEqual(document)
  })

  test('any key may read the document, and nobody else', async () => {
    const url = '/api/openapi.json'
    for (const key of [token, openaiKey]) {
      const answer = await api().inject({ url, headers: { host, authorization: `Bearer ${key}` } })
      expect([answer.statusCode, answer.json().openapi]).toEqual([200, '3.1.1'])
    }
    expect((await api().inject({ url, headers: { host } })).statusCode).toBe(401)
  })
})

describe('routes of operations', () => {
  const urls = daemonOperations.flatMap(({ names }) => names.map(routeOf))

  test.each(urls)('%s refuses a body that is not of its schema', async (url) => {
    const app = api()
    for (const payload of ['null', '[]', '7', '"text"', '{"no such field":1}']) {
      const answer = await app.inject({ method: 'POST', url, headers, payload })
      expect([payload, answer.statusCode, answer.json().error.code]).toEqual([
        payload,
        400,
        'RIPPLE_BODY_INVALID',
      ])
    }
  })
})

/** Lists the routes of fastify's tree: a line has a path, by its depth a part of one, and its methods. */
function routesOf(tree: string): string[] {
  const parts: string[] = []
  return tree
    .split('\n')
    .flatMap((line) => {
      const [, indent = '', part = '', methods = ''] = /^([│ ]*)[├└]── (\S*)(?: \((.*)\))?$/.exec(line) ?? []
      if (part === '') return []
      const depth = indent.length / 4
      parts.splice(depth, Number.POSITIVE_INFINITY, part)
      const path = parts.join('').replace(/(?<!\/)\*$/, '/*')
      return methods.split(', ').flatMap((method) => (method && method !== 'HEAD' ? `${method} ${path}` : []))
    })
    .sort()
}
