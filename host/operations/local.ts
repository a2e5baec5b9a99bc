/** Names the parts of the program that the local verbs use. */
import type { z } from 'zod'
import type { Config } from '../config/config.ts'
import type { ConfigLayer } from '../config/settings.ts'
import type { Examiner, InstalledService, KnownNetworks, ModelView, StoredSecrets } from './context.ts'
import type { serviceInstall, serviceUninstall, toolsExport, toolsServe, uninstall } from './install/shape.ts'
import type { mcp, mcpInstall } from './mcp/shape.ts'
import type { cardVerdictView } from './moe/view.ts'
import type { readyView } from './process/view.ts'
import type { verify } from './receipt/shape.ts'
import type { Remote } from './remote.ts'
import type { doctorBundle, restore } from './repair/shape.ts'

/** The output of `up` once the daemon is ready. */
export type Ready = z.output<typeof readyView>
/** The output of `verify`. */
export type Verdict = z.output<typeof verify.output>

/** The output of `moe card verify`. */
export type CardVerdict = z.output<typeof cardVerdictView>

/** The output of `tools export`. */
export type ExportedTools = z.output<typeof toolsExport.output>

/** The output of `tools serve` once it listens. */
export type ServedTools = z.output<typeof toolsServe.output>

/** The output of `uninstall`. */
export type Uninstalled = z.output<typeof uninstall.output>

/** The service that runs the daemon for this user. */
export interface LocalService extends InstalledService {
  /**
   * Writes the file and starts the service; `print` only returns them. Rejects with `RIPPLE_SERVICE_MANAGER`,
   * `RIPPLE_SERVICE_FOREIGN`, and with `RIPPLE_DATA_IN_USE` if a daemon runs that is not the service.
   */
  install(print: boolean, signal: AbortSignal): Promise<z.output<typeof serviceInstall.output>>
  /** Rejects with `RIPPLE_SERVICE_MANAGER`, `RIPPLE_SERVICE_FOREIGN`. */
  uninstall(signal: AbortSignal): Promise<z.output<typeof serviceUninstall.output>>
}

/** The output of `restore`. */
export type RestorePlan = z.output<typeof restore.output>

/** The output of `doctor bundle`. */
export type Bundle = z.output<typeof doctorBundle.output>

/** Options for the verification of a receipt. */
export interface VerifyRequest {
  readonly replay: boolean
  readonly online: boolean
}

/** The address of a meeting point, `IP:PORT`, and its files of TLS; null without TLS. */
export interface MeetingPoint {
  readonly listen: string
  readonly tls: { readonly cert: string; readonly key: string } | null
}

/** A server or daemon that stays in the foreground. */
export interface Foreground<T> {
  readonly ready: T
  /** Resolves when the server or daemon has ended. */
  readonly ended: Promise<void>
}

/** An invite whose network the next start joins. */
export interface Joining {
  /** The network's name. */
  readonly name: string
  readonly flags: ConfigLayer
  /** The line for which the daemon and its inviter accept each other; null if everybody on the network is accepted. */
  readonly line: string | null
  /** Forgets the network after a join that failed, unless the inviter may have counted the use. */
  failed(thrown: unknown): Promise<void>
}

/** The networks that the data folder knows, and invites to others. */
export interface LocalNetworks extends KnownNetworks {
  /**
   * Reads an invite and notes its network. Rejects with `RIPPLE_INVITE_INVALID`, `RIPPLE_INVITE_EXPIRED`,
   * `RIPPLE_NETWORK_EXISTS`, `RIPPLE_DATA_IN_USE`, `RIPPLE_DATA_OTHER_NETWORK`.
   */
  accept(line: string, signal: AbortSignal): Promise<Joining>
}

/** Parts of the program that the local verbs use. */
export interface Local extends Remote {
  /** The data folder. */
  readonly data: string
  readonly version: string
  /** Resolves the configuration with these settings of the command line on top. */
  configure(flags: ConfigLayer): Config
  /** Starts the daemon in this process. Resolves when it is ready. */
  serve(config: Config, signal: AbortSignal): Promise<Foreground<Ready>>
  /** Starts the daemon in this process, on a data folder that is removed at its end. Rejects as `serve` does, and if a folder is named. */
  serveSession(flags: ConfigLayer, signal: AbortSignal): Promise<Foreground<Ready>>
  /** Starts the daemon in a process of its own. Resolves when it is ready. */
  detach(flags: ConfigLayer, signal: AbortSignal): Promise<Ready>
  /**
   * Asks the data folder's daemon for its state; null if none runs. Rejects with `RIPPLE_NO_DAEMON` if it does not
   * answer.
   */
  running(signal: AbortSignal): Promise<Ready | null>
  /** Returns the pid of the folder's daemon, even if it does not answer; null if none runs. */
  pid(): Promise<number | null>
  /** Resolves to true when the process has ended; to false if it still runs after `ms`. */
  gone(pid: number, ms: number, signal: AbortSignal): Promise<boolean>
  /**
   * Runs a meeting point on `host:port`, with its URL of the last run or a new one. Rejects with
   * `RIPPLE_LISTEN_ADDRESS`, `RIPPLE_FILE_UNREADABLE`, `RIPPLE_PORT_TAKEN`, `RIPPLE_BOOTSTRAP_START`.
   */
  relay(
    wish: MeetingPoint & { readonly anew: boolean },
    signal: AbortSignal,
  ): Promise<Foreground<{ url: string; join: string }>>
  /** Returns the unit by which systemd runs a meeting point. Rejects with `RIPPLE_LISTEN_ADDRESS`, `RIPPLE_FILE_UNREADABLE`. */
  relayUnit(wish: MeetingPoint, signal: AbortSignal): Promise<string>
  /**
   * Packs the conductor and the bootstrap server into a file, or into a folder. Rejects with
   * `RIPPLE_CONDUCTOR_MISSING`, `RIPPLE_CONDUCTOR_VERSION`, `RIPPLE_FILE_UNWRITABLE`, `RIPPLE_DISK_FULL`.
   */
  exportTools(file: string, signal: AbortSignal): Promise<ExportedTools>
  /**
   * Serves these programs on `host:port`. Rejects with `RIPPLE_LISTEN_ADDRESS`, `RIPPLE_PORT_TAKEN`,
   * `RIPPLE_CONDUCTOR_MISSING`, `RIPPLE_CONDUCTOR_VERSION`, `RIPPLE_FILE_UNWRITABLE`.
   */
  serveTools(listen: string, signal: AbortSignal): Promise<Foreground<ServedTools>>
  readonly service: LocalService
  /**
   * Names Ripple's files, and removes them with `yes`. Rejects with `RIPPLE_DATA_IN_USE` while a daemon runs, and as the
   * service does.
   */
  uninstall(wish: z.output<typeof uninstall.input>, signal: AbortSignal): Promise<Uninstalled>
  /**
   * Opens an address in the user's browser, hidden from other users of this machine; resolves to false without a
   * browser.
   */
  browse(url: string, signal: AbortSignal): Promise<boolean>
  /** Asks a person on the terminal; false for a no, and without a terminal. Rejects with the signal's reason. */
  confirm(question: string, signal: AbortSignal): Promise<boolean>
  /** Keeps the command in the foreground until this resolves. */
  hold(until: Promise<void>): void
  readonly secrets: StoredSecrets
  readonly networks: LocalNetworks
  readonly doctor: Examiner
  /**
   * Writes an archive for a bug report; null names a new file in the working folder. Rejects with
   * `RIPPLE_FILE_UNWRITABLE`.
   */
  bundle(file: string | null, signal: AbortSignal): Promise<Bundle>
  /**
   * Makes the next start fetch the chains from the peers. Rejects with `RIPPLE_DATA_IN_USE`, `RIPPLE_RESTORE_FAILED`.
   */
  prepareRestore(): Promise<RestorePlan>
  /**
   * Fetches a model in the running daemon, else in this process, and reports progress. Rejects as `Models.pull` does.
   */
  pullModel(name: string, signal: AbortSignal): Promise<ModelView>
  /**
   * Carries MCP between standard input and output and the daemon, until the input ends. A request without a daemon is answered with
   * `RIPPLE_NO_DAEMON`.
   */
  bridgeMcp(wish: z.output<typeof mcp.input>, signal: AbortSignal): Promise<void>
  /**
   * Adds the mesh to an agent's settings, with a key of its own. The change is shown before it is written. Rejects with
   * `RIPPLE_AGENT_FILE`, and as `key.create` does.
   */
  installMcp(
    wish: z.output<typeof mcpInstall.input>,
    signal: AbortSignal,
  ): Promise<z.output<typeof mcpInstall.output>>
  /** Verifies a receipt's bytes. Rejects with `RIPPLE_RECEIPT_INVALID`. */
  verify(file: string, bytes: Uint8Array, request: VerifyRequest, signal: AbortSignal): Promise<Verdict>
  /**
   * Verifies a score card's file; `online` asks the daemon about the agent's own card. Rejects with
   * `RIPPLE_SCORE_CARD_INVALID`, `RIPPLE_FILE_UNREADABLE`.
   */
  verifyCard(file: string, online: boolean, signal: AbortSignal): Promise<CardVerdict>
}
