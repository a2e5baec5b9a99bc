/** Reads paths of the API as the router does, and advises programs that ask for an unknown one. */
import type { FastifyRequest } from 'fastify'
import { RippleError } from '../errors/ripple-error.ts'

/** Longest path that an error repeats, in UTF-16 units. */
export const SHOWN_CHARS_MAX = 200

/** Returns the path of a URL without its query, with single slashes, and without a slash at its end. */
export function pathOf(url: string): string {
  const path = url.split(/[?#]/, 1)[0] ?? ''
  return path.replace(/\/{2,}/g, '/').replace(/(?<=.)\/$/, '')
}

/** Whether a path belongs to OpenAI's endpoints. */
export function isOpenai(path: string): boolean {
  return path === '/v1' || path.startsWith('/v1/')
}

/** Whether a request is for OpenAI's endpoints, by its route or, without one, by its path. */
export function asksOpenai(request: FastifyRequest): boolean {
  return isOpenai(request.is404 ? pathOf(request.url) : (request.routeOptions.url ?? ''))
}

/** The methods of each route, by its pattern. */
export class RouteMethods {
  readonly #methods = new Map<string, Set<string>>()
  readonly #fix: (path: string) => string

  /** `fix` advises programs that ask for an unknown path. */
  constructor(fix: (path: string) => string = fixFor) {
    this.#fix = fix
  }

  add(pattern: string, methods: string | readonly string[]): void {
    const known = this.#methods.get(pattern) ?? new Set()
    for (const method of [methods].flat()) known.add(method)
    this.#methods.set(pattern, known)
  }

  /** Returns why a request has no route: `RIPPLE_METHOD_UNKNOWN` if its path has other methods, else `RIPPLE_ROUTE_UNKNOWN`. */
  refusal({ method, url }: Pick<FastifyRequest, 'method' | 'url'>): RippleError {
    const path = pathOf(url)
    const others = [...this.#methods].filter(([pattern]) => fits(path, pattern))
    const shown = path.slice(0, SHOWN_CHARS_MAX)
    if (others.length > 0) {
      const allow = [...new Set(others.flatMap(([, methods]) => [...methods]))].sort().join(', ')
      return new RippleError('RIPPLE_METHOD_UNKNOWN', { method, path: shown, allow })
    }
    return new RippleError('RIPPLE_ROUTE_UNKNOWN', { route: `${method} ${shown}`, fix: this.#fix(path) })
  }
}

/** Whether a path matches a pattern, part by part: `:name` is any part, and `*` at the end any rest. */
function fits(path: string, pattern: string): boolean {
  const given = path.split('/')
  const parts = pattern.split('/')
  if (!pattern.endsWith('*') && given.length !== parts.length) return false
  return parts.every((part, at) => (/^[:*]/.test(part) ? (given[at] ?? '') !== '' : part === given[at]))
}

const useChat = 'set your client to chat completions'
const useOpenai = `${useChat} in OpenAI's form, with a base URL that ends in /v1 and the key in openai.key`

/** Paths of OpenAI's endpoints without `/v1`. */
const otherDoors =
  /^\/(openai|v\d\w*|chat|completions|embeddings|models|responses|messages|api\/v\d\w*)(\/|$)/i

/** Paths of Ollama's API. */
const ollamaDoors = /^\/api\/(chat|generate|tags|embed|embeddings|show|ps|version)(\/|$)/i

/** Whether a path is typical of programs for another API, or with a base URL that lacks `/v1`. */
export function isOtherDoor(path: string): boolean {
  return !isOpenai(path) && (otherDoors.test(path) || ollamaDoors.test(path))
}

/** The part of a path that OpenAI's endpoints have after `/v1`. */
const openaiEnd = /\/(chat\/completions|completions|embeddings|messages|responses|models)(\/|$)/i

function fixFor(path: string): string {
  const end = openaiEnd.exec(path)?.[1]?.toLowerCase()
  if (/^\/v1\/v1(\/|$)/i.test(path))
    return `your client's base URL and its path both have /v1: remove one${end === undefined ? '' : `, so that it asks for /v1/${end}`}`
  if (isOpenai(path))
    return `${useChat} (POST /v1/chat/completions); there are also /v1/completions, /v1/embeddings, /v1/messages, /v1/responses and /v1/models`
  if (ollamaDoors.test(path))
    return `set api.ollama, which has a port of its own (docs/ollama.md), or ${useOpenai}`
  if (isOtherDoor(path)) return `${useOpenai}${end === undefined ? '' : `; the path here is /v1/${end}`}`
  return 'see docs/CLI.md'
}
