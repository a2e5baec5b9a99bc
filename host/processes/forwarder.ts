/** Forwards a network's loopback port to its bootstrap server. */
import { createHash } from 'node:crypto'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { Duplex } from 'node:stream'
import { RippleError } from '../errors/ripple-error.ts'
import { limits } from '../limits.ts'
import { relayRequest, relayUpgrade } from './relay-http.ts'

/** The path at which a forwarder identifies its network. */
const IDENTITY_PATH = '/.ripple-forwarder'
/** Milliseconds between attempts to take over the port from another daemon's forwarder. */
const TAKE_OVER_MS = 500
/** Deadline of the question which network's forwarder holds the port, in milliseconds. */
const IDENTITY_MS = 2_000

/** The loopback URL of a network, and the server behind it. */
export interface ForwarderOptions {
  /** The network seed: forwarders of one network share a port. */
  readonly seed: string
  /** The loopback port. */
  readonly port: number
  /** The server to forward to (http or https); null until one is known. */
  readonly target: string | null
}

/** A forwarder. Conductors see one URL for ever, wherever the server is. */
export interface Forwarder extends AsyncDisposable {
  /** The URL for the conductors. */
  readonly url: string
  /** Whether this daemon holds the port. Otherwise another daemon of the network on this machine does. */
  holds(): boolean
  /** Forwards the port to another server, and drops open connections, so that conductors reconnect. */
  setTarget(target: string | null): void
}

/**
 * Takes the network's loopback port, or shares the forwarder of another daemon of the same network until that daemon ends.
 * Rejects with `RIPPLE_PORT_TAKEN` when something else holds the port.
 */
export async function openForwarder(options: ForwarderOptions): Promise<Forwarder> {
  const identity = createHash('sha256').update(options.seed).digest('hex')
  let target = options.target
  let server = await listen(options.port, identity, () => target)
  if (server === null && !(await isOurs(options.port, identity))) {
    // The port may have belonged to a daemon of the same network that has just ended.
    server = await listen(options.port, identity, () => target)
    if (server === null) throw new RippleError('RIPPLE_PORT_TAKEN', { port: options.port })
  }
  const timer = setInterval(async () => {
    server ??= await listen(options.port, identity, () => target).catch(() => null)
  }, TAKE_OVER_MS)
  return {
    url: `http://127.0.0.1:${options.port}`,
    holds: () => server !== null,
    setTarget(next) {
      target = next
      if (server) dropAll(server)
    },
    async [Symbol.asyncDispose]() {
      clearInterval(timer)
      if (server) await close(server)
    },
  }
}

/** The upgraded sockets of each HTTP server. The server no longer knows them, and they must be dropped with it. */
const upgraded = new WeakMap<Server, Set<Duplex>>()

async function listen(port: number, identity: string, target: () => string | null): Promise<Server | null> {
  const server = createServer((request, response) => answer(request, response, identity, target()))
  const sockets = new Set<Duplex>()
  upgraded.set(server, sockets)
  server.maxConnections = limits.forwarder_connections_max
  server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    sockets.add(socket)
    socket.once('close', () => sockets.delete(socket))
    relayUpgrade(request, socket, head, target())
  })
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EADDRINUSE') resolve(null)
      else reject(new RippleError('RIPPLE_PORT_TAKEN', { port }, { cause: error }))
    })
    server.listen({ port, host: '127.0.0.1', exclusive: true }, () => resolve(server))
  })
}

function answer(
  request: IncomingMessage,
  response: ServerResponse,
  identity: string,
  target: string | null,
): void {
  if (request.url === IDENTITY_PATH) response.end(identity)
  else relayRequest(request, response, target)
}

/** Says who holds a network's loopback port: nobody, a forwarder of that network, or another program. */
export async function forwarderPortState(port: number, seed: string): Promise<'free' | 'own' | 'taken'> {
  const identity = createHash('sha256').update(seed).digest('hex')
  if (await isOurs(port, identity)) return 'own'
  const probe = await listen(port, identity, () => null)
  if (probe === null) return 'taken'
  await close(probe)
  return 'free'
}

async function isOurs(port: number, identity: string): Promise<boolean> {
  const url = `http://127.0.0.1:${port}${IDENTITY_PATH}`
  const found = await fetch(url, { signal: AbortSignal.timeout(IDENTITY_MS) })
    .then((response) => response.text())
    .catch(() => null)
  return found === identity
}

function dropAll(server: Server): void {
  server.closeAllConnections()
  for (const socket of upgraded.get(server) ?? []) socket.destroy()
}

function close(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve())
    dropAll(server)
  })
}
