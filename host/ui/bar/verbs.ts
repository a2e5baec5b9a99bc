/** Reads the daemon's verbs from its OpenAPI document. */
import { fetchJson } from '../daemon/call.ts'

/** The parts of a JSON Schema that a form is made from. */
export interface Schema {
  readonly type?: string | readonly string[]
  readonly description?: string
  readonly default?: unknown
  readonly enum?: readonly unknown[]
  readonly minimum?: number
  readonly maximum?: number
  readonly maxLength?: number
  readonly pattern?: string
  readonly minItems?: number
  readonly maxItems?: number
  readonly contentEncoding?: string
  readonly anyOf?: readonly Schema[]
  readonly items?: Schema
  readonly properties?: Readonly<Record<string, Schema>>
  readonly required?: readonly string[]
  readonly additionalProperties?: boolean
}

/** A verb of the daemon. */
export interface Verb {
  readonly name: string
  readonly title: string
  readonly summary: string
  readonly description: string
  readonly effect: 'read' | 'write' | 'destroy'
  readonly scope: string
  readonly input: Schema
}

interface Route {
  readonly operationId: string
  readonly summary: string
  readonly description?: string
  readonly requestBody?: { readonly content: { readonly 'application/json': { readonly schema: Schema } } }
  readonly 'x-ripple-title'?: string
  readonly 'x-ripple-effect'?: Verb['effect']
  readonly 'x-ripple-scope'?: string
}

interface Api {
  readonly paths: Readonly<Record<string, { readonly post?: Route }>>
}

let known: Promise<readonly Verb[]> | null = null

/** Returns the verbs. They are read once. Rejects with a `Refusal`. */
export function fetchVerbs(key: string | null): Promise<readonly Verb[]> {
  known ??= fetchJson<Api>({ path: '/api/openapi.json', key }).then(verbsOf)
  known.catch(() => {
    known = null
  })
  return known
}

/** Returns the verbs of the document. A verb with several names is listed under the first. */
export function verbsOf({ paths }: Api): readonly Verb[] {
  const verbs = new Map<string, Verb>()
  for (const { post: route } of Object.values(paths)) {
    const title = route?.['x-ripple-title']
    if (route === undefined || title === undefined || verbs.has(title)) continue
    verbs.set(title, {
      name: route.operationId,
      title,
      summary: route.summary,
      description: route.description ?? '',
      effect: route['x-ripple-effect'] ?? 'write',
      scope: route['x-ripple-scope'] ?? 'admin',
      input: route.requestBody?.content['application/json'].schema ?? {},
    })
  }
  return [...verbs.values()]
}
