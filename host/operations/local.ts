/** Names what the local commands need of the program. */
import type { z } from 'zod'
import type { Config } from '../config/config.ts'
import type { SecretPlace } from '../config/secrets.ts'
import type { ConfigLayer } from '../config/settings.ts'
import type { ModelView } from './context.ts'
import type { cardVerdictView, readyView, restoreView, verdictView } from './local-views.ts'

/** What `up` says when the daemon is ready. */
export type Ready = z.output<typeof readyView>
/** What `verify` found. */
export type Verdict = z.output<typeof verdictView>

/** What `moe card verify` found. */
export type CardVerdict = z.output<typeof cardVerdictView>

/** What `restore` has prepared. */
export type RestorePlan = z.output<typeof restoreView>

/** What a check of `doctor` found. */
export interface Finding {
  readonly level: 'ok' | 'warn' | 'fail'
  /** What was found, as one sentence without a full stop. */
  readonly detail: string
  /** What to do about it; null when all is well. */
  readonly fix: string | null
}

/** One check of `doctor`. */
export interface CheckUp {
  readonly name: string
  run(signal: AbortSignal): Promise<Finding>
}

/** How a receipt is to be verified. */
export interface VerifyRequest {
  readonly replay: boolean
  readonly online: boolean
}

/** A server or daemon that stays in the foreground. */
export interface Foreground<T> {
  readonly ready: T
  /** Resolves when it has ended. */
  readonly ended: Promise<void>
}

/** The secrets of the data folder. A running daemon reads them when it next needs one. */
export interface LocalSecrets {
  /** Rejects with `RIPPLE_SECRET_INVALID`, `RIPPLE_SECRET_MANY`, `RIPPLE_PASSPHRASE`. */
  set(name: string, value: Uint8Array): Promise<void>
  /** Whether it was there. */
  remove(name: string): Promise<boolean>
  list(): Promise<readonly SecretPlace[]>
}

/** What the verbs use that need no running daemon. */
export interface Local {
  /** The data folder. */
  readonly data: string
  readonly version: string
  /** The resolved configuration with these settings of the command line on top. */
  configure(flags: ConfigLayer): Config
  /** Calls a verb of the running daemon. Rejects with `RIPPLE_NO_DAEMON` and what the verb throws. */
  call(name: string, input: unknown, signal: AbortSignal): Promise<unknown>
  /** Starts the daemon in this process. Resolves when it is ready. */
  serve(config: Config, signal: AbortSignal): Promise<Foreground<Ready>>
  /** Starts the daemon in a process of its own. Resolves when it is ready. */
  detach(flags: ConfigLayer, signal: AbortSignal): Promise<Ready>
  /** Asks the data folder's daemon for its state; null where none runs. Rejects with `RIPPLE_NO_DAEMON` where it does not answer. */
  running(signal: AbortSignal): Promise<Ready | null>
  /** The process of the folder's daemon, whether it answers or not; null where none runs. */
  pid(): Promise<number | null>
  /** Resolves when the process has gone; false when it has not within `ms`. */
  gone(pid: number, ms: number, signal: AbortSignal): Promise<boolean>
  /**
   * Runs a bootstrap server on `host:port`, with the URL that it had there before, or with a new one if `anew`. Rejects with
   * `RIPPLE_LISTEN_ADDRESS`, `RIPPLE_PORT_TAKEN`, `RIPPLE_BOOTSTRAP_START`.
   */
  bootstrap(listen: string, anew: boolean, signal: AbortSignal): Promise<Foreground<{ url: string }>>
  /** Opens an address in the user's browser, unread by other users of this machine; false where there is no browser. */
  browse(url: string, signal: AbortSignal): Promise<boolean>
  /** Keeps the command in the foreground until this resolves. */
  hold(until: Promise<void>): void
  readonly secrets: LocalSecrets
  /** The checks of `doctor`. */
  checks(): readonly CheckUp[]
  /** Lets the next start fetch the chains from the peers. Rejects with `RIPPLE_DATA_IN_USE`, `RIPPLE_RESTORE_FAILED`. */
  prepareRestore(): Promise<RestorePlan>
  /** Fetches a model by the running daemon, else in this process, and says how far it is. Rejects as `Models.pull` does. */
  pullModel(name: string, signal: AbortSignal): Promise<ModelView>
  /** Verifies a receipt's bytes. Rejects with `RIPPLE_RECEIPT_INVALID`. */
  verify(file: string, bytes: Uint8Array, request: VerifyRequest, signal: AbortSignal): Promise<Verdict>
  /**
   * Verifies a score card's file; `online` asks the daemon about the agent's own card. Rejects with `RIPPLE_SCORE_CARD_INVALID`,
   * `RIPPLE_FILE_UNREADABLE`.
   */
  verifyCard(file: string, online: boolean, signal: AbortSignal): Promise<CardVerdict>
}
