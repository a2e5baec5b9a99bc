// Starts the conductor, keeps it running, and recovers one that cannot start.
import { mkdir, readdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { RippleError, toRippleError } from '../errors/ripple-error.ts'
import { limits } from '../limits.ts'
import { LogFile } from '../telemetry/log-file.ts'
import type { ChildSpec } from './child.ts'
import { type ConductorSettings, readConductorManifest, renderConductorConfig } from './conductor-config.ts'
import { stopLeftOver } from './left-over.ts'
import { readPassphrase } from './passphrase.ts'
import { type ChildEvent, type Supervised, supervise } from './supervisor.ts'

/** What a conductor says when it is ready. */
export interface ConductorReady {
  /** Loopback port of its admin websocket. */
  readonly adminPort: number
}

/** How to run a conductor. */
export interface ConductorOptions {
  /** Path of the `holochain` program, already checked for its version. */
  readonly program: string
  /** Holds the passphrase; made with mode 0600 at the first start. */
  readonly passphraseFile: string
  readonly logFile: string
  readonly settings: ConductorSettings
  /** Told when it says that its disk is full. */
  readonly onFullDisk?: () => void
  /**
   * Sets the list of apps and cells of this conductor, which does not run, aside, and the databases of the `lost` DNAs, which
   * have no chain. A conductor cannot start with a cell that has no chain or no DNA. It notes a clone before both, so one
   * that was killed in between, had no room for them, or has lost a database, never starts with that list again.
   */
  readonly setCellsAside?: (lost: readonly string[]) => Promise<void>
  readonly onEvent: (event: ChildEvent<ConductorReady>) => void
  /** Deadline of the first try to start it, in milliseconds; the host's own, where nobody says. */
  readonly readyMs?: number
}

/**
 * Settings of glibc's allocator, which others ignore: it then gives back what installing an app took. An idle conductor
 * was measured at 460 to 470 MiB with them, at 600 to 670 MiB without.
 */
const frugal = { MALLOC_ARENA_MAX: '2', MALLOC_TRIM_THRESHOLD_: String(128 * 1024) } as const

/**
 * What a conductor says, and the DNA that it names, of a cell whose chain was not begun or is lost: when it ends for that, and
 * when its app is to be enabled (holochain 0.7).
 */
export const WITHOUT_GENESIS = /CellWithoutGenesis\(CellId\(DnaHash\(([\w-]+)\)/

/**
 * What a conductor says of a cell of which it has no DNA: as it ends for that, before its admin interface is open, and to
 * whoever asks one that runs for its apps (holochain 0.7).
 */
export const WITHOUT_DNA = /DnaDefMissing\(CellId\(/

/** Whether a conductor says that its disk is full: SQLite's words, inside those of whichever layer was at work. */
export function saysDiskFull(words: string): boolean {
  return words.includes('database or disk is full')
}

/** How long all tries to start a conductor may take together, in milliseconds. */
export const conductorStartsMs =
  limits.conductor_ready_ms * (2 ** limits.conductor_starts_max - 1) +
  limits.conductor_stop_ms * limits.conductor_starts_max

/** Only SIGINT lets it say goodbye to its peers; SIGTERM ends it at once. */
const STOP = { signal: 'SIGINT', ms: limits.conductor_stop_ms } as const

/**
 * Starts a conductor and keeps it running until disposed; one that an earlier daemon left on this folder is stopped
 * first. A start that fails, or is not ready at its deadline, is tried again with twice the time: holochain 0.7.1 has been seen
 * to do nothing more, ten minutes long, between its keystore and its first cell. Where it could not read its list of cells, that
 * is set aside first. Rejects with `RIPPLE_CONDUCTOR_START`, `RIPPLE_PASSPHRASE`, `RIPPLE_CONFIG_INVALID`,
 * `RIPPLE_INTERRUPTED`, or as `setCellsAside` does.
 */
export async function runConductor(
  options: ConductorOptions,
  signal: AbortSignal,
): Promise<Supervised<ConductorReady>> {
  const { readyMs = limits.conductor_ready_ms, setCellsAside, settings } = options
  const log = new LogFile(options.logFile, limits.log_bytes_max)
  const pidFile = join(settings.folder, 'conductor.pid')
  const configFile = join(settings.folder, 'conductor.yaml')
  await mkdir(settings.folder, { recursive: true, mode: 0o700 })
  await stopLeftOver(pidFile, configFile, STOP)
  /** Tries to start it since it was ready. */
  let tries = 0
  /** DNAs that had a database before the first of these. */
  let before: readonly string[] | null = null
  /** What the last one said of its list of cells, where it could not read that. */
  let unreadable: string | null = null
  /** The DNAs whose chain it lacks then. */
  let lost: readonly string[] | null = null
  const onEvent = (event: ChildEvent<ConductorReady>) => {
    if (event.type === 'ready') {
      tries = 0
      before = null
    }
    options.onEvent(event)
  }
  const spec = async (): Promise<ChildSpec<ConductorReady>> => {
    const dnas = await dnasIn(settings.folder)
    before ??= dnas
    if (unreadable !== null) {
      const named = WITHOUT_GENESIS.exec(unreadable)?.[1]
      // A start makes an empty database in the place of each that is gone, and names one of them.
      lost ??= dnas.filter((dna) => dna === named || !before?.includes(dna))
      await setCellsAside?.(lost)
      unreadable = null
      lost = null
    }
    const made = await conductorSpec(options, { log, pidFile, configFile })
    const startFailed = (detail: string) => {
      // A conductor that was ready could read its list, whatever it has said since.
      if (tries > 0 && (WITHOUT_GENESIS.test(detail) || WITHOUT_DNA.test(detail))) unreadable = detail
      return made.startFailed(detail)
    }
    const patience = readyMs * 2 ** Math.min(tries, limits.conductor_starts_max - 1)
    tries++
    return { ...made, readyMs: patience, startFailed }
  }
  for (;;) {
    try {
      return await supervise({ spec, onEvent, backoffMs: limits.restart_backoff_ms }, signal)
    } catch (error) {
      const { code, message } = toRippleError(error)
      if (code !== 'RIPPLE_CONDUCTOR_START' || tries >= limits.conductor_starts_max) throw error
      onEvent({ type: 'crashed', detail: message, againInMs: 0 })
    }
  }
}

/** The DNAs that a conductor has a database of; none before its first start. */
async function dnasIn(folder: string): Promise<string[]> {
  const files = await readdir(databasesIn(folder)).catch(() => [])
  return files.flatMap((file) => /^dht-([\w-]+)\.db$/.exec(file)?.[1] ?? [])
}

/** Where a conductor has its databases; `folder` is the conductor's. */
export function databasesIn(folder: string): string {
  return join(folder, 'holochain', 'databases')
}

async function conductorSpec(
  options: ConductorOptions,
  files: { readonly log: LogFile; readonly pidFile: string; readonly configFile: string },
): Promise<ChildSpec<ConductorReady>> {
  const rendered = renderConductorConfig(readConductorManifest(), options.settings)
  const passphrase = await readPassphrase(options.passphraseFile, rendered.keystore)
  await writeFile(files.configFile, rendered.yaml, { mode: 0o600 })
  return {
    program: options.program,
    args: ['--piped', '--config-path', files.configFile],
    env: { NO_COLOR: '1', RUST_LOG: 'error', ...frugal },
    // Standard input is the one way that neither `ps` nor /proc shows to other users.
    stdin: `${passphrase}\n`,
    log: files.log,
    pidFile: files.pidFile,
    readiness: conductorReadiness,
    onLine: (line) => {
      if (saysDiskFull(line)) options.onFullDisk?.()
    },
    readyMs: limits.conductor_ready_ms,
    stopSignal: STOP.signal,
    stopMs: STOP.ms,
    startFailed: (detail) => startFailed(detail, options),
  }
}

/**
 * Reads a conductor's output, line by line, and answers once it is ready: it names its admin port, then
 * starts the cells, then says so. Log lines share that output, so the marks are looked for anywhere in a line.
 */
export function conductorReadiness(): (line: string) => ConductorReady | null {
  let adminPort: number | null = null
  return (line) => {
    const port = /###ADMIN_PORT:(\d+)###/.exec(line)?.[1]
    if (port !== undefined) adminPort = Number(port)
    return adminPort !== null && line.includes('Conductor ready.') ? { adminPort } : null
  }
}

function startFailed(detail: string, options: ConductorOptions): RippleError {
  // What lair answers for a passphrase that does not unlock its store.
  if (/Failed to spawn Lair keystore.*"message":"internal"/.test(detail)) {
    return new RippleError('RIPPLE_PASSPHRASE', { data: options.settings.folder }, { cause: detail })
  }
  return new RippleError('RIPPLE_CONDUCTOR_START', { detail })
}
