import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

/** A request to a provider. */
export interface Heard {
  readonly path: string
  readonly headers: IncomingMessage['headers']
  // biome-ignore lint/suspicious/noExplicitAny: a test reads what it expects.
  readonly body: any
}

/** A server on loopback that speaks OpenAI's protocol, as far as a test lets it. */
export interface ProviderServer extends AsyncDisposable {
  readonly url: string
  readonly heard: Heard[]
  /** Resolves when the server's side of an answer was closed. */
  readonly closed: Promise<void>
}

/** Starts one that answers every request so. */
export async function serveProvider(
  answer: (response: ServerResponse, heard: Heard) => void | Promise<void>,
): Promise<ProviderServer> {
  const heard: Heard[] = []
  const closed = Promise.withResolvers<void>()
  const server = createServer(async (request, response) => {
    response.on('close', () => closed.resolve())
    let text = ''
    for await (const part of request.setEncoding('utf8')) text += part
    const one = { path: request.url ?? '', headers: request.headers, body: JSON.parse(text) }
    heard.push(one)
    await answer(response, one)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`,
    heard,
    closed: closed.promise,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}

/** Begins a stream of events. */
export function beginStream(response: ServerResponse): void {
  response.writeHead(200, { 'content-type': 'text/event-stream' })
}

/** One event of a chat. */
export function delta(part: object, finish: string | null = null, more: object = {}): string {
  return event({ choices: [{ index: 0, delta: part, finish_reason: finish }], ...more })
}

/** One event. */
export function event(data: unknown): string {
  return `data: ${typeof data === 'string' ? data : JSON.stringify(data)}\n\n`
}

/** Answers with these pieces of text, the end and what it cost, as a well-behaved provider does. */
export function answerWith(...pieces: string[]): (response: ServerResponse) => void {
  return (response) => {
    beginStream(response)
    response.write(delta({ role: 'assistant', content: '' }))
    for (const piece of pieces) response.write(delta({ content: piece }))
    response.write(delta({}, 'stop'))
    response.write(event({ choices: [], usage: { prompt_tokens: 11, completion_tokens: pieces.length } }))
    response.end(event('[DONE]'))
  }
}
