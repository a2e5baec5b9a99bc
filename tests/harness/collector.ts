/** Receives spans by OTLP over HTTP, as JSON: a stand-in for a collector, and the end of a real one's pipeline. */
import { createServer, type IncomingHttpHeaders } from 'node:http'
import type { AddressInfo } from 'node:net'
import { z } from 'zod'

const value = z.object({ stringValue: z.string().optional(), intValue: z.coerce.number().optional() })
const attributes = z
  .array(z.object({ key: z.string(), value }))
  .default([])
  .transform((all) => Object.fromEntries(all.map(({ key, value: v }) => [key, v.stringValue ?? v.intValue])))
const nanos = z.coerce.bigint().transform((all) => Number(all / 1_000_000n))
const exported = z.object({
  resourceSpans: z.array(
    z.object({
      resource: z.object({ attributes }),
      scopeSpans: z.array(
        z.object({
          spans: z.array(
            z.object({
              traceId: z.string().regex(/^[0-9a-f]{32}$/),
              spanId: z.string().regex(/^[0-9a-f]{16}$/),
              parentSpanId: z.string().default(''),
              name: z.string(),
              startTimeUnixNano: nanos,
              endTimeUnixNano: nanos,
              attributes,
            }),
          ),
        }),
      ),
    }),
  ),
})

/** A span with the name of the machine that sent it; times are in milliseconds since 1970. */
export interface Received {
  readonly machine: unknown
  readonly name: string
  readonly trace: string
  readonly span: string
  /** Empty without a parent. */
  readonly parent: string
  readonly from: number
  readonly to: number
  readonly attributes: Readonly<Record<string, unknown>>
}

/** A receiver that runs. */
export interface Collector extends AsyncDisposable {
  /** The URL at which it takes spans. */
  readonly endpoint: string
  readonly spans: Received[]
  /** The bodies and headers of all exports. */
  readonly bodies: string[]
  readonly headers: IncomingHttpHeaders[]
}

/** Begins to receive on a free port. */
export async function openCollector(): Promise<Collector> {
  const spans: Received[] = []
  const bodies: string[] = []
  const headers: IncomingHttpHeaders[] = []
  const server = createServer(async (request, response) => {
    let body = ''
    for await (const piece of request.setEncoding('utf8')) body += piece
    bodies.push(body)
    headers.push(request.headers)
    spans.push(...read(body))
    response.writeHead(200, { 'content-type': 'application/json' }).end('{}')
  })
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening))
  const { port } = server.address() as AddressInfo
  return {
    ...{ endpoint: `http://127.0.0.1:${port}/v1/traces`, spans, bodies, headers },
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections()
      server.close()
    },
  }
}

function read(body: string): Received[] {
  return exported.parse(JSON.parse(body)).resourceSpans.flatMap(({ resource, scopeSpans }) =>
    scopeSpans.flatMap(({ spans }) =>
      spans.map((one) => ({
        machine: resource.attributes['service.instance.id'],
        ...{ name: one.name, trace: one.traceId, span: one.spanId, parent: one.parentSpanId },
        ...{ from: one.startTimeUnixNano, to: one.endTimeUnixNano, attributes: one.attributes },
      })),
    ),
  )
}

/** The trace that the client of a test has begun. */
export const client = { trace: '0af7651916cd43dd8448eb211c80319c', span: 'b7ad6b7169203331' } as const
/** The header of the client's requests. */
export const traceparent = `00-${client.trace}-${client.span}-01`

/** Returns the spans of the client's trace by machine and name, each with its parent. */
export function treeOf(spans: readonly Received[]): Record<string, string> {
  const ours = spans.filter(({ trace }) => trace === client.trace)
  const titles = new Map(ours.map(({ span, machine, name }) => [span, `${machine} ${name}`]))
  titles.set(client.span, 'the client')
  return Object.fromEntries(
    ours.map(({ span, parent }) => [titles.get(span), titles.get(parent) ?? `unknown ${parent}`]),
  )
}

/** The spans of a chat that one machine posts and another one answers, each with its parent. */
export function chatTree(poster: string, worker: string, model: string): Record<string, string> {
  const request = `${poster} POST /v1/chat/completions`
  const task = `${poster} task`
  return {
    [request]: 'the client',
    [task]: request,
    [`${poster} post`]: task,
    [`${poster} offer`]: task,
    [`${worker} claim`]: `${poster} offer`,
    [`${poster} payload`]: task,
    [`${worker} chat ${model}`]: `${poster} payload`,
    [`${worker} result`]: `${poster} payload`,
    [`${poster} accept`]: task,
  }
}
