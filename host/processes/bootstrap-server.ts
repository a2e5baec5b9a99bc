/** Runs a bootstrap server, and checks the health of one. */
import { networkInterfaces } from 'node:os'
import { join } from 'node:path'
import { RippleError } from '../errors/ripple-error.ts'
import { limits } from '../limits.ts'
import { LogFile } from '../telemetry/log-file.ts'
import type { ChildSpec } from './child.ts'
import { stopLeftOver } from './left-over.ts'
import { type ChildEvent, supervise } from './supervisor.ts'

/** The output of a bootstrap server when it is ready. */
export interface BootstrapReady {
  /** `address:port` where it listens. */
  readonly listening: string
}

/** The settings of a bootstrap server. */
export interface BootstrapOptions {
  /** Path of the `kitsune2-bootstrap-srv` program, whose version was checked. */
  readonly program: string
  /** `address:port` to listen on. Port 0 takes any port, and keeps it when the server is restarted. */
  readonly listen: string
  /** The files of TLS; null or left out for plain HTTP. */
  readonly tls?: TlsFiles | null
  /** Folder of the file with its pid while it runs. */
  readonly folder: string
  readonly logFile: string
  readonly onEvent: (event: ChildEvent) => void
}

/** A certificate and its key, as PEM. */
export interface TlsFiles {
  readonly cert: string
  readonly key: string
  /** The first host name of the certificate; null if it names none. */
  readonly name: string | null
}

/** A running bootstrap server. Peers find each other through it, and it relays their first packets. */
export interface BootstrapServer extends AsyncDisposable {
  /** The server's URL. A listener on all addresses gets an address that other machines reach too. */
  readonly url: string
  /** `address:port` where it listens. */
  readonly listening: string
}

/** Deadline of a health check, in milliseconds. */
const HEALTH_MS = 3_000

/**
 * Starts a bootstrap server and keeps it running until disposed. Its knowledge ends with its process; conductors announce
 * themselves again. Rejects with `RIPPLE_BOOTSTRAP_START`, `RIPPLE_PORT_TAKEN` or `RIPPLE_INTERRUPTED`.
 */
export async function runBootstrapServer(
  options: BootstrapOptions,
  signal: AbortSignal,
): Promise<BootstrapServer> {
  const log = new LogFile(options.logFile, limits.log_bytes_max)
  const pidFile = join(options.folder, 'bootstrap.pid')
  const stop = { signal: 'SIGINT', ms: limits.bootstrap_stop_ms } as const
  await stopLeftOver(pidFile, options.program, stop)
  const spec = async (previous: BootstrapReady | null): Promise<ChildSpec<BootstrapReady>> => ({
    program: options.program,
    args: ['--listen', previous?.listening ?? options.listen, ...tlsWords(options.tls ?? null)],
    env: { NO_COLOR: '1', RUST_LOG: 'warn' },
    stdin: null,
    log,
    pidFile,
    readiness: bootstrapReadiness,
    readyMs: limits.bootstrap_ready_ms,
    stopSignal: stop.signal,
    stopMs: stop.ms,
    startFailed: (detail) => startFailed(detail, options.listen),
  })
  const running = await supervise(
    {
      child: 'bootstrap',
      listens: ({ listening }) => listening,
      spec,
      onEvent: options.onEvent,
      backoffMs: limits.restart_backoff_ms,
    },
    signal,
  )
  const listening = running.current()?.ready.listening ?? options.listen
  return {
    url: reachableUrl(listening, networkInterfaces(), options.tls ?? null),
    listening,
    [Symbol.asyncDispose]: () => running[Symbol.asyncDispose](),
  }
}

/**
 * Returns a reader of the server's standard output, line by line. It answers once the server runs and has named its
 * address.
 */
export function bootstrapReadiness(): (line: string) => BootstrapReady | null {
  let listening: string | null = null
  let running = false
  return (line) => {
    listening ??= /#kitsune2_bootstrap_srv#listening#([^#]+)#/.exec(line)?.[1] ?? null
    running ||= line.includes('#kitsune2_bootstrap_srv#running#')
    return listening !== null && running ? { listening } : null
  }
}

function tlsWords(tls: TlsFiles | null): string[] {
  return tls === null ? [] : ['--tls-cert', tls.cert, '--tls-key', tls.key]
}

/**
 * Returns the URL of a listener. It has the name of the certificate, if that has one. A listener on all addresses gets the
 * machine's first IPv4 address that is not loopback, because other machines join by that URL. Without such an address it
 * gets loopback. Pure.
 */
export function reachableUrl(
  listening: string,
  interfaces: ReturnType<typeof networkInterfaces>,
  tls: TlsFiles | null = null,
): string {
  const scheme = tls === null ? 'http' : 'https'
  if (tls?.name) return `https://${tls.name}${listening.slice(listening.lastIndexOf(':'))}`
  const addresses = Object.values(interfaces).flatMap((some) => some ?? [])
  const outward = addresses.find(({ family, internal }) => family === 'IPv4' && !internal)
  return `${scheme}://${listening.replace(/^(0\.0\.0\.0|\[::\])/, outward?.address ?? '127.0.0.1')}`
}

/**
 * Checks a bootstrap server's health; a session in its URL is ignored. Returns the time by its clock in milliseconds since
 * 1970, null if it names none. Rejects with `RIPPLE_BOOTSTRAP_DOWN`.
 */
export async function checkBootstrap(url: string, signal: AbortSignal): Promise<number | null> {
  const down = (cause: unknown) => new RippleError('RIPPLE_BOOTSTRAP_DOWN', { url }, { cause })
  const until = AbortSignal.any([signal, AbortSignal.timeout(HEALTH_MS)])
  const health = `${url.replace(/#.*$/, '').replace(/\/$/, '')}/health`
  const answer = await fetch(health, { signal: until }).catch((error: unknown) => {
    throw down(error)
  })
  await answer.body?.cancel()
  if (!answer.ok) throw down(`status ${answer.status}`)
  const time = Date.parse(answer.headers.get('date') ?? '')
  return Number.isNaN(time) ? null : time
}

function startFailed(detail: string, listen: string): RippleError {
  if (/address already in use/i.test(detail)) {
    return new RippleError('RIPPLE_PORT_TAKEN', { port: listen.slice(listen.lastIndexOf(':') + 1) })
  }
  return new RippleError('RIPPLE_BOOTSTRAP_START', { detail })
}
