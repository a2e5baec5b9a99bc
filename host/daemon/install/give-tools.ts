/** Gives this machine's conductor and bootstrap server to other machines, as a file or on the LAN. */
import { createReadStream } from 'node:fs'
import { mkdtemp, readFile, rm, stat } from 'node:fs/promises'
import { createServer, type RequestListener } from 'node:http'
import { networkInterfaces, tmpdir } from 'node:os'
import { basename, join, resolve } from 'node:path'
import { pipeline } from 'node:stream/promises'
import type { Env } from '../../config/env.ts'
import { writeRegular } from '../../files/regular-file.ts'
import type { ExportedTools, Foreground, ServedTools } from '../../operations/local.ts'
import { reachableUrl } from '../../processes/bootstrap-server.ts'
import { archiveName } from '../../setup/tools/tools-archive.mjs'
import { untilAborted } from '../../types/or-aborted.ts'
import { shellWord } from '../../types/text/shell-word.ts'
import { readListenAddress } from '../machine/listen-address.ts'
import { portIsFree } from '../machine/port-free.ts'
import { type PackedTools, packTools } from './pack-tools.ts'

/** The places where the programs are found. */
export interface ToolPlaces {
  readonly env: Pick<Env, 'path'>
  readonly cache: string
}

/** Connections that are served at a time. */
const CONNECTIONS_MAX = 16
/** Milliseconds that a connection may be silent. */
const SILENCE_MS = 30_000

/**
 * Writes the archive to a file, or into a folder under its usual name. Rejects with `RIPPLE_FILE_UNWRITABLE`,
 * `RIPPLE_DISK_FULL`, and as `packTools` does.
 */
export async function exportTools(
  places: ToolPlaces,
  named: string,
  signal: AbortSignal,
): Promise<ExportedTools> {
  const found = await stat(named).catch(() => null)
  const file = found?.isDirectory() ? join(named, archiveName) : resolve(named)
  await using packed = await packAside(places, signal)
  await writeRegular(file, await readFile(packed.file), signal)
  const { sha256, bytes } = packed
  return { file, sha256, bytes, take: takeLine(basename(file), sha256) }
}

/**
 * Serves the archive by HTTP until the signal aborts. Rejects with `RIPPLE_LISTEN_ADDRESS`, `RIPPLE_PORT_TAKEN`, and as
 * `packTools` does.
 */
export async function serveTools(
  places: ToolPlaces,
  listen: string,
  signal: AbortSignal,
): Promise<Foreground<ServedTools>> {
  const { host, port } = readListenAddress(listen)
  await portIsFree(port, host)
  await using opening = new AsyncDisposableStack()
  const packed = opening.use(await packAside(places, signal))
  const server = createServer({ requestTimeout: SILENCE_MS }, answerWith(packed))
  server.maxConnections = CONNECTIONS_MAX
  server.timeout = SILENCE_MS
  const { promise: listening, resolve: listens, reject: fails } = Promise.withResolvers<void>()
  server.once('error', fails)
  server.listen(port, host, listens)
  await listening
  opening.defer(async () => {
    server.closeAllConnections()
    await new Promise((done) => server.close(done))
  })
  const address = server.address()
  const taken = typeof address === 'object' && address !== null ? address.port : port
  const shownHost = host.includes(':') ? `[${host}]` : host
  const url = `${reachableUrl(`${shownHost}:${taken}`, networkInterfaces())}/${archiveName}`
  const stack = opening.move()
  const ended = untilAborted(signal).then(() => stack.disposeAsync())
  const { sha256, bytes } = packed
  return { ready: { url, sha256, bytes, take: takeLine(url, sha256) }, ended }
}

/** Packs the programs into a temporary folder, which disposing removes. */
async function packAside(places: ToolPlaces, signal: AbortSignal): Promise<PackedTools & AsyncDisposable> {
  const folder = await mkdtemp(join(tmpdir(), 'ripple-tools-'))
  const remove = () => rm(folder, { recursive: true, force: true })
  try {
    return { ...(await packTools(folder, places, signal)), [Symbol.asyncDispose]: remove }
  } catch (thrown) {
    await remove()
    throw thrown
  }
}

/** Returns what a person types on the other machine. */
function takeLine(from: string, sha256: string): string {
  return `RIPPLE_TOOLS_FROM=${shellWord(`${from}#${sha256}`)} npm start`
}

/** Answers requests for the archive, and no others. */
function answerWith({ file, bytes }: PackedTools): RequestListener {
  return ({ method = '', url }, answer) => {
    if (url !== `/${archiveName}` || !['GET', 'HEAD'].includes(method)) {
      answer.writeHead(404, { 'content-type': 'text/plain' }).end(`only /${archiveName} is here\n`)
      return
    }
    answer.writeHead(200, { 'content-type': 'application/gzip', 'content-length': bytes })
    if (method === 'HEAD') answer.end()
    // A client that went away ends its own request only.
    else pipeline(createReadStream(file), answer).catch(() => {})
  }
}
