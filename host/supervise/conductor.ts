import { glob, mkdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { RippleError, toRippleError } from '../errors/ripple-error.ts'
import { limits } from '../limits.ts'
import { LogFile } from '../telemetry/log-file.ts'
import { type ChildSpec, startChild } from './child.ts'
import { type ConductorSettings, readConductorManifest, renderConductorConfig } from './conductor-config.ts'
import { stopLeftOver } from './left-over.ts'
import { readPassphrase } from './passphrase.ts'
import { saysDiskFull, stuckDatabase } from './stuck-database.ts'
import { type ChildEvent, type Supervised, supervise } from './supervisor.ts'
import type { Stillness } from './watch-start.ts'
import { isWriteHeld } from './write-locks.ts'

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
  /**
   * Whether what it was started for is installed and compiled; always, where nobody says. Until then its databases are
   * locked for minutes on a busy machine, and nobody takes that for an illness.
   */
  readonly settled?: () => boolean
  /** Told when it says that its disk is full. */
  readonly onFullDisk?: () => void
  /**
   * Disables the apps of the conductor with this admin port. It has some tens of milliseconds: a conductor that has noted a
   * cell without a chain starts no cell at all and ends, unless that cell's app is disabled. Where nobody can do that,
   * such a conductor stays down.
   */
  readonly disableApps?: (adminPort: number) => Promise<void>
  /**
   * Sets the list of apps and cells of this conductor, which does not run, aside. It notes a clone before the DNA of it, so one
   * that was killed in between, or had no room for the second, cannot start with that list.
   */
  readonly setCellsAside?: () => Promise<void>
  readonly onEvent: (event: ChildEvent<ConductorReady>) => void
  /** When a start of it stands still; the host's own bound, where nobody says. */
  readonly stillness?: Stillness
}

/**
 * Settings of glibc's allocator, which others ignore: it then gives back what installing an app took. An idle conductor
 * was measured at 460 to 470 MiB with them, at 600 to 670 MiB without.
 */
const frugal = { MALLOC_ARENA_MAX: '2', MALLOC_TRIM_THRESHOLD_: String(128 * 1024) } as const

/** How often a conductor that does not start for the first time is cured, for its cells. */
const CURES_MAX = 5
/** Longest time in which the locks of the databases are looked at, in milliseconds. */
const LOCKS_MS = 30_000
/**
 * What a conductor says, and the DNA that it names, of a cell that it has noted and whose chain was not begun or is lost: when
 * it ends for that, and when its app is to be enabled (holochain 0.7).
 */
export const WITHOUT_GENESIS = /CellWithoutGenesis\(CellId\(DnaHash\(([\w-]+)\)/

/**
 * What a conductor says of a cell of which it has no DNA: as it ends for that, before its admin interface is open, and to
 * whoever asks one that runs for its apps (holochain 0.7).
 */
export const WITHOUT_DNA = /DnaDefMissing\(CellId\(/

/** What is wrong with a cell that keeps its conductor from starting. */
type Illness = 'without_genesis' | 'without_dna'

/** Only SIGINT lets it say goodbye to its peers; SIGTERM ends it at once. */
const STOP = { signal: 'SIGINT', ms: limits.conductor_stop_ms } as const

/**
 * Starts a conductor and keeps it running until disposed; one that an earlier daemon left on this folder is stopped
 * first. A start that stands still is begun again, a few times: holochain 0.7.1 has been seen to do nothing more, ten minutes
 * long, between its keystore and its first cell. Rejects with `RIPPLE_CONDUCTOR_START`, `RIPPLE_PASSPHRASE`,
 * `RIPPLE_CONFIG_INVALID` or `RIPPLE_INTERRUPTED`.
 */
export async function runConductor(
  options: ConductorOptions,
  signal: AbortSignal,
): Promise<Supervised<ConductorReady>> {
  const { stillness = limits.conductor_still } = options
  const log = new LogFile(options.logFile, limits.log_bytes_max)
  const pidFile = join(options.settings.folder, 'conductor.pid')
  const configFile = join(options.settings.folder, 'conductor.yaml')
  await mkdir(options.settings.folder, { recursive: true, mode: 0o700 })
  await stopLeftOver(pidFile, configFile, STOP)
  let illness: Illness | null = null
  /** Starts that stood still since one was ready. */
  let still = 0
  const onStill = () => {
    still++
  }
  const onEvent = (event: ChildEvent<ConductorReady>) => {
    if (event.type === 'ready') still = 0
    options.onEvent(event)
  }
  const spec = async (_: unknown, stopping: AbortSignal): Promise<ChildSpec<ConductorReady>> => {
    const made = await conductorSpec(options, { log, pidFile, configFile })
    if (illness !== null) await cure(illness, made, options, stopping)
    illness = null
    const startFailed = (detail: string) => {
      illness ??= illnessOf(detail, options)
      return made.startFailed(detail)
    }
    // After some that stood still, the next may take what time it needs: it is slow by itself then, and not held up.
    if (still >= limits.conductor_still_max) return { ...made, startFailed }
    return { ...made, startFailed, stillness, onStill }
  }
  for (let left = CURES_MAX; ; ) {
    const before = still
    try {
      return await supervise({ spec, onEvent, backoffMs: limits.restart_backoff_ms }, signal)
    } catch (error) {
      if (still > before) onEvent({ type: 'crashed', detail: toRippleError(error).message, againInMs: 0 })
      else if (illness === null || left-- === 0) throw error
    }
  }
}

/** What is wrong with a conductor that did not start, if somebody can cure it. */
function illnessOf(detail: string, { disableApps, setCellsAside }: ConductorOptions): Illness | null {
  if (disableApps && WITHOUT_GENESIS.test(detail)) return 'without_genesis'
  return setCellsAside && WITHOUT_DNA.test(detail) ? 'without_dna' : null
}

/** Makes a conductor able to start that was kept from it by a cell. Rejects as the file system does. */
async function cure(
  illness: Illness,
  spec: ChildSpec<ConductorReady>,
  { settings, disableApps, setCellsAside }: ConductorOptions,
  signal: AbortSignal,
): Promise<void> {
  if (illness === 'without_dna') return setCellsAside?.()
  await forgetPeers(settings.folder)
  if (disableApps) await disableEarly(spec, disableApps, signal)
}

/**
 * Deletes what a stopped conductor remembers of its peers: up to when it has what each of them holds, which is no longer true
 * where a DNA's database was lost. Gossip then asks for all that is recent, not only for what is newer than that
 * (kitsune2_gossip 0.5: `new_ops_bookmark`). Rejects as `rm` does.
 */
export async function forgetPeers(folder: string): Promise<void> {
  const databases = databasesIn(folder)
  for await (const file of glob('p2p-peer-meta-*', { cwd: databases })) await rm(join(databases, file))
}

/**
 * Reads a run's output for a database that is stuck, and tells of a full disk on the way. A conductor that is only busy
 * complains as well, so its locks are looked at before it is taken for sick.
 */
function sickness(
  { settings, settled = () => true, onFullDisk }: ConductorOptions,
  onSick: () => void,
): (line: string) => void {
  const complainsLong = stuckDatabase(() => performance.now(), settled)
  let looking = false
  const look = async () => {
    looking = true
    try {
      const held = await isWriteHeld(databasesIn(settings.folder), AbortSignal.timeout(LOCKS_MS))
      if (held !== false) onSick()
    } finally {
      looking = false
    }
  }
  return (line) => {
    if (saysDiskFull(line)) onFullDisk?.()
    // Should the locks not be read, the next complaint looks again.
    if (complainsLong(line) && !looking) look().catch(() => {})
  }
}

function databasesIn(folder: string): string {
  return join(folder, 'holochain', 'databases')
}

/** Starts a conductor for the moment between its admin interface and its cells. A moment that was too short is no error. */
async function disableEarly(
  spec: ChildSpec<ConductorReady>,
  disable: (adminPort: number) => Promise<void>,
  signal: AbortSignal,
): Promise<void> {
  const env = { ...spec.env, RUST_LOG: 'error,holochain::conductor::interface::websocket=trace' }
  try {
    await using starting = await startChild({ ...spec, env, readiness: adminReadiness }, signal)
    await disable(starting.ready.adminPort)
  } catch (error) {
    if (signal.aborted) throw error
  }
}

/** Reads the port of the admin interface from the log, where it is named before the cells are started. */
function adminReadiness(): (line: string) => ConductorReady | null {
  return (line) => {
    const port = /LISTENING AT: .*127\.0\.0\.1:(\d+)/.exec(line)?.[1]
    return port === undefined ? null : { adminPort: Number(port) }
  }
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
    sickness: (onSick) => sickness(options, onSick),
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
