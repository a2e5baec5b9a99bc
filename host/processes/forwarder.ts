/** Carries connections from a network's loopback port to its bootstrap server. */
import { createHash } from 'node:crypto'
import { createServer as createHttpServer, get } from 'node:http'
import { createServer, type Server, type Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { text } from 'node:stream/consumers'
import { setTimeout } from 'node:timers/promises'
import { RippleError } from '../errors/ripple-error.ts'
import { limits } from '../limits.ts'
import { firstBytes, joinStreams } from '../types/join-streams.ts'
import { relayRequest, relayUpgrade } from './relay-http.ts'

/** The path at which a forwarder identifies its network. */
const IDENTITY_PATH = '/.ripple-forwarder'
/** Milliseconds between attempts to take over the port from another daemon's forwarder. */
const TAKE_OVER_MS = 500
/** Deadline of the question who holds the port, in milliseconds. */
const IDENTITY_MS = 2_000
/** The longest answer to it that is read, in characters. */
const HOLDER_CHARS_MAX = 4_096

/**
 * How long a connection waits for the first server, in milliseconds. A conductor that is refused at its start asks again only
 * after half a minute.
 */
const FIRST_SERVER_MS = 4_000

/**
 * The server of a network: the URL of one that was given, or a function that opens a connection to the one that the machines
 * of a LAN agree on. Null until one is known.
 */
export type ForwarderTarget = string | (() => Promise<Duplex>) | null

/** The loopback URL of a network, and the server behind it. */
export interface ForwarderOptions {
  /** The network seed: forwarders of one network share a port. */
  readonly seed: string
  /** The loopback port. */
  readonly port: number
  readonly target: ForwarderTarget
}

/** A forwarder. Conductors see one URL for ever, wherever the server is. */
export interface Forwarder extends AsyncDisposable {
  /** The URL for the conductors. */
  readonly url: string
  /** Whether this daemon holds the port. Otherwise another daemon of the network on this machine does. */
  holds(): boolean
  /** Forwards the port to another server, and drops open connections, so that conductors reconnect. */
  setTarget(target: ForwarderTarget): void
  /** Sets the addresses of this daemon's node, which other daemons of the machine read while this one holds the port. */
  announce(addresses: readonly string[]): void
  /** Returns the addresses that the port's holder has set; none if this daemon holds it, or the holder does not answer. */
  holderAddresses(): Promise<readonly string[]>
}

/**
 * Takes the network's loopback port, or shares the forwarder of another daemon of the same network until that daemon ends.
 * Rejects with `RIPPLE_PORT_TAKEN` when something else holds the port.
 */
export async function openForwarder(options: ForwarderOptions): Promise<Forwarder> {
  const identity = createHash('sha256').update(options.seed).digest('hex')
  const entry = newEntry(identity, options.target)
  let server = await listen(options.port, entry)
  if (server === null && (await readHolder(options.port, identity)) === null) {
    // The port may have belonged to a daemon of the same network that has just ended.
    server = await listen(options.port, entry)
    if (server === null) throw new RippleError('RIPPLE_PORT_TAKEN', { port: options.port })
  }
  const timer = setInterval(async () => {
    server ??= await listen(options.port, entry).catch(() => null)
  }, TAKE_OVER_MS)
  return {
    url: `http://127.0.0.1:${options.port}`,
    holds: () => server !== null,
    setTarget(next) {
      const isFirst = entry.target === null
      entry.target = next
      // Without a server nothing was connected, and those who wait for one stay.
      if (isFirst) entry.known.resolve()
      else dropAll(entry)
    },
    announce(addresses) {
      entry.addresses = addresses
    },
    holderAddresses: async () => (server === null ? ((await readHolder(options.port, identity)) ?? []) : []),
    async [Symbol.asyncDispose]() {
      clearInterval(timer)
      if (server) await close(server, entry)
    },
  }
}

/** The state behind a listening port. */
interface Entry {
  readonly identity: string
  target: ForwarderTarget
  /** Resolves when there is a server for the first time. */
  readonly known: PromiseWithResolvers<void>
  addresses: readonly string[]
  readonly sockets: Set<Socket>
}

function newEntry(identity: string, target: ForwarderTarget): Entry {
  return { identity, target, known: Promise.withResolvers(), addresses: [], sockets: new Set() }
}

/** The first bytes of the question who holds the port. */
const IDENTITY_REQUEST = Buffer.from(`GET ${IDENTITY_PATH} `)

async function listen(port: number, entry: Entry): Promise<Server | null> {
  const relay = createRelay(entry)
  const server = createServer(
    (socket) => void enter(socket, entry, (later) => relay.emit('connection', later)),
  )
  server.maxConnections = limits.forwarder_connections_max
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EADDRINUSE') resolve(null)
      else reject(new RippleError('RIPPLE_PORT_TAKEN', { port }, { cause: error }))
    })
    server.listen({ port, host: '127.0.0.1', exclusive: true }, () => resolve(server))
  })
}

/** Returns an HTTP server for connections to a server that was given by its URL, which has another host and path. */
function createRelay(entry: Entry): ReturnType<typeof createHttpServer> {
  const url = () => (typeof entry.target === 'string' ? entry.target : null)
  const relay = createHttpServer((request, response) => relayRequest(request, response, url()))
  return relay.on('upgrade', (request, socket, head) => relayUpgrade(request, socket, head, url()))
}

/** Takes a connection in: its first bytes tell whether it asks for the holder. */
async function enter(socket: Socket, entry: Entry, relay: (socket: Socket) => void): Promise<void> {
  entry.sockets.add(socket)
  socket.once('close', () => entry.sockets.delete(socket))
  socket.on('error', () => socket.destroy())
  const first = await firstBytes(socket, AbortSignal.timeout(limits.forwarder_idle_ms)).catch(() => null)
  if (first === null) return void socket.destroy()
  if (IDENTITY_REQUEST.equals(first.subarray(0, IDENTITY_REQUEST.length))) {
    socket.resume().end(answer('200 OK', [entry.identity, ...entry.addresses].join('\n')))
    return
  }
  socket.unshift(first)
  if (entry.target === null)
    await Promise.race([entry.known.promise, setTimeout(FIRST_SERVER_MS, null, { ref: false })])
  if (typeof entry.target === 'string') {
    relay(socket)
    socket.resume()
    return
  }
  const far = await entry.target?.().catch(() => null)
  if (far) joinStreams(socket, far)
  else socket.resume().end(answer('502 Bad Gateway', ''))
}

function answer(status: string, body: string): string {
  const head = [`HTTP/1.1 ${status}`, `Content-Length: ${Buffer.byteLength(body)}`, 'Connection: close']
  return `${head.join('\r\n')}\r\n\r\n${body}`
}

/** Says who holds a network's loopback port: nobody, a forwarder of that network, or another program. */
export async function forwarderPortState(port: number, seed: string): Promise<'free' | 'own' | 'taken'> {
  const identity = createHash('sha256').update(seed).digest('hex')
  if ((await readHolder(port, identity)) !== null) return 'own'
  const entry = newEntry(identity, null)
  const probe = await listen(port, entry)
  if (probe === null) return 'taken'
  await close(probe, entry)
  return 'free'
}

/** Returns the addresses that a forwarder of the same network announces at the port; null if something else holds it. */
async function readHolder(port: number, identity: string): Promise<string[] | null> {
  const found = await askHolder(port).catch(() => '')
  const [first, ...addresses] = found.slice(0, HOLDER_CHARS_MAX).split('\n')
  return first === identity ? addresses : null
}

/** Asks on a new connection: one that has asked something else before leads to the network's server. */
function askHolder(port: number): Promise<string> {
  const at = { host: '127.0.0.1', port, path: IDENTITY_PATH, agent: false }
  return new Promise((resolve, reject) => {
    get({ ...at, signal: AbortSignal.timeout(IDENTITY_MS) }, (answered) => {
      text(answered).then(resolve, reject)
    }).on('error', reject)
  })
}

function dropAll({ sockets }: Entry): void {
  for (const socket of sockets) socket.destroy()
}

function close(server: Server, entry: Entry): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve())
    dropAll(entry)
  })
}
