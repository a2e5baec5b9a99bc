/** Starts the conductor, keeps it running, and recovers one that cannot start. */
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

/** The output of a conductor when it is ready. */
export interface ConductorReady {
  /** Loopback port of its admin websocket. */
  readonly adminPort: number
}

/** The settings of a conductor's process. */
export interface ConductorOptions {
  /** Path of the `holochain` program, whose version was checked. */
  readonly program: string
  /** Path of the file with the passphrase; made with mode 0600 at the first start. */
  readonly passphraseFile: string
  readonly logFile: string
  readonly settings: ConductorSettings
  /** Called when the conductor reports that its disk is full. */
  readonly onFullDisk?: () => void
  /**
   * Sets aside the list of apps and cells of this stopped conductor, and the databases of the `lost` DNAs, which have no
   * chain. A conductor cannot start with a cell that has no chain or no DNA, and it registers a clone before both. So a
   * conductor that was killed in between, had no room, or lost a database never starts with that list again.
   */
  readonly setCellsAside?: (lost: readonly string[]) => Promise<void>
  readonly onEvent: (event: ChildEvent) => void
  /** Deadline of the first try to start it, in milliseconds; by default `limits.conductor_ready_ms`. */
  readonly readyMs?: number
}

/**
 * Settings of glibc's allocator, which other allocators ignore. With them it frees the memory that installing an app took.
 * An idle conductor was measured at 460 to 470 MiB with them, at 600 to 670 MiB without.
 */
const frugal = { MALLOC_ARENA_MAX: '2', MALLOC_TRIM_THRESHOLD_: String(128 * 1024) } as const

/**
 * The conductor's error, with the DNA, for a cell whose chain was not begun or is lost. It appears when the conductor ends
 * for that reason, and when its app is being enabled (holochain 0.7).
 */
export const WITHOUT_GENESIS = /CellWithoutGenesis\(CellId\(DnaHash\(([\w-]+)\)/

/**
 * The conductor's error for a cell without a DNA. It appears when the conductor ends for that reason, before its admin
 * interface is open. A running conductor also answers a request for its apps with it (holochain 0.7).
 */
export const WITHOUT_DNA = /DnaDefMissing\(CellId\(/

/** Whether a conductor reports a full disk. The message is SQLite's, within that of any layer. */
export function saysDiskFull(words: string): boolean {
  return words.includes('database or disk is full')
}

/** The longest duration of all tries together to start a conductor, in milliseconds. */
export const conductorStartsMs =
  limits.conductor_ready_ms * (2 ** limits.conductor_starts_max - 1) +
  limits.conductor_stop_ms * limits.conductor_starts_max

/** The signal that stops a conductor. Only after SIGINT does it take leave of its peers; SIGTERM ends it at once. */
const STOP = { signal: 'SIGINT', ms: limits.conductor_stop_ms } as const

/**
 * Starts a conductor and keeps it running until disposed. A conductor that an earlier daemon left on this folder is stopped
 * first. A start that fails, or is not ready at its deadline, is tried again with twice the time. Holochain 0.7.1 has been
 * seen to stall for ten minutes between its keystore and its first cell. If the conductor could not read its list of cells,
 * the list is set aside first. Rejects with `RIPPLE_CONDUCTOR_START`, `RIPPLE_PASSPHRASE`, `RIPPLE_CONFIG_INVALID`,
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
  /** The number of tries to start it since it was last ready. */
  let tries = 0
  /** DNAs that had a database before the first of these tries. */
  let before: readonly string[] | null = null
  /** The error of the last try if it could not read its list of cells. */
  let unreadable: string | null = null
  /** The DNAs whose chain is missing after such a try. */
  let lost: readonly string[] | null = null
  const onEvent = (event: ChildEvent) => {
    if (event.type === 'process_ready') {
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
      // A start makes an empty database in place of each missing one, and names one of them.
      lost ??= dnas.filter((dna) => dna === named || !before?.includes(dna))
      await setCellsAside?.(lost)
      unreadable = null
      lost = null
    }
    const patience = readyMs * 2 ** Math.min(tries, limits.conductor_starts_max - 1)
    const made = await conductorSpec(options, { log, pidFile, configFile }, patience)
    const startFailed = (detail: string) => {
      // A conductor that was ready could read its list, whatever it reports later.
      if (tries > 0 && (WITHOUT_GENESIS.test(detail) || WITHOUT_DNA.test(detail))) unreadable = detail
      return made.startFailed(detail)
    }
    tries++
    return { ...made, startFailed }
  }
  const { restart_backoff_ms: backoffMs } = limits
  const listens = ({ adminPort }: ConductorReady) => `127.0.0.1:${adminPort}`
  const supervision = { child: 'conductor', listens, spec, onEvent, backoffMs } as const
  for (;;) {
    try {
      return await supervise(supervision, signal)
    } catch (error) {
      const { code, message } = toRippleError(error)
      if (code !== 'RIPPLE_CONDUCTOR_START' || tries >= limits.conductor_starts_max) throw error
      onEvent({ type: 'process_crashed', child: 'conductor', detail: message, again_in_ms: 0 })
    }
  }
}

/** Returns the DNAs that a conductor has a database of; none before its first start. */
async function dnasIn(folder: string): Promise<string[]> {
  const files = await readdir(databasesIn(folder)).catch(() => [])
  return files.flatMap((file) => /^dht-([\w-]+)\.db$/.exec(file)?.[1] ?? [])
}

/** Returns the folder of a conductor's databases; `folder` is the conductor's. */
export function databasesIn(folder: string): string {
  return join(folder, 'holochain', 'databases')
}

async function conductorSpec(
  options: ConductorOptions,
  files: { readonly log: LogFile; readonly pidFile: string; readonly configFile: string },
  readyMs: number,
): Promise<ChildSpec<ConductorReady>> {
  const rendered = renderConductorConfig(readConductorManifest(), options.settings)
  const passphrase = await readPassphrase(options.passphraseFile, rendered.keystore)
  await writeFile(files.configFile, rendered.yaml, { mode: 0o600 })
  return {
    program: options.program,
    args: ['--piped', '--config-path', files.configFile],
    env: { NO_COLOR: '1', RUST_LOG: 'error', ...frugal },
    // Standard input is the only channel that neither `ps` nor /proc shows to other users.
    stdin: `${passphrase}\n`,
    log: files.log,
    pidFile: files.pidFile,
    readiness: conductorReadiness,
    onLine: (line) => {
      if (saysDiskFull(line)) options.onFullDisk?.()
    },
    readyMs,
    stopSignal: STOP.signal,
    stopMs: STOP.ms,
    startFailed: (detail) => startFailed(detail, options),
  }
}

/**
 * Returns a reader of a conductor's output, line by line. It answers once the conductor is ready. The conductor names its
 * admin port, then starts the cells, then reports that it is ready. Log lines share that output, so the marks may stand
 * anywhere in a line.
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
  // This is lair's error for a passphrase that does not unlock its store.
  if (/Failed to spawn Lair keystore.*"message":"internal"/.test(detail)) {
    return new RippleError('RIPPLE_PASSPHRASE', { data: options.settings.folder }, { cause: detail })
  }
  return new RippleError('RIPPLE_CONDUCTOR_START', { detail })
}
