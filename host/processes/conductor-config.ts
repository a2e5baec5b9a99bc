/** Renders a conductor's configuration from Ripple's manifest. */
import { readFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { parse, stringify } from 'yaml'
import { z } from 'zod'
import { AGENT_INFO_MS, type Gossip } from '../config/network.ts'
import { RippleError } from '../errors/ripple-error.ts'
import { onlyOrigin } from './origin.ts'

/** The URL of the manifest. */
export const conductorManifestUrl = new URL('../../manifests/holochain/conductor.yaml', import.meta.url)

/** Longest path of a Unix socket that every platform accepts, in bytes. */
const SOCKET_PATH_MAX = 103
/**
 * Deadline of one request between conductors, in seconds. Connecting may take 3/8 of it: 3 s here, and 22 s with the
 * engine's own deadline. Each message to an abandoned address takes that long, one after the other.
 */
const REQUEST_TIMEOUT_S = 8
/**
 * Bounds of the pause between rounds of gossip while a machine has yet to sync, in milliseconds. A newcomer learns of the
 * others at its first query of the bootstrap server, and they learn of it at their next query.
 *
 * Its messages before then are dropped, and it accepts no round of theirs while its own round waits for its time-out. So it
 * begins after two of their queries. Two machines that start together with equal pauses would begin at the same moment again
 * and again, and lose both rounds each time.
 */
export const SYNC_EVERY_MS = { min: 2_000, max: 3_000 } as const
/**
 * The multiple of its share of rounds that a peer may begin for a while: enough for a peer that syncs at the shortest
 * pause.
 */
const BURST_FACTOR = 20
/**
 * Seconds until an entry whose author's earlier actions have not arrived is checked again. The engine's own ten delayed the
 * first Grant or Close of a peer that had just joined.
 */
const MISSING_RETRY_S = 1
/**
 * Peers that must hand over the same chain when it is fetched again. One is enough, because the chain is signed and the
 * remembered head shows whether it is complete. With the engine's own two, a network of two machines could not restore a
 * chain.
 */
const RESTORE_QUORUM = 1
/**
 * Checks per signing interval of whether a machine must sign its address again. After one failed connection kitsune2 skips
 * a peer until that peer has signed after the failure. With the engine's own 15 minutes, two conductors stayed apart for as
 * long after a cut of some seconds.
 */
const SIGN_LOOKS = 6
/** Shortest and longest pause between queries of the bootstrap server, in milliseconds: see `SYNC_EVERY_MS`. */
const BOOTSTRAP_BACKOFF_MS = { min: 500, max: 1_000 } as const

/** The schema of `manifests/holochain/conductor.yaml`: the specification's fields. */
export const conductorManifestSchema = z.strictObject({
  environment_path: z.string(),
  keystore: z.strictObject({
    type: z.literal('lair_server'),
    connection_url: z.string().regex(/^unix:\/\/.+/),
  }),
  admin_interfaces: z.tuple([
    z.strictObject({
      driver: z.strictObject({
        type: z.literal('websocket'),
        port: z.number().int().min(0).max(65_535),
        allowed_origins: z.string().min(1),
      }),
    }),
  ]),
  network: z.strictObject({
    bootstrap_service: z.string(),
    transport_pool: z.tuple([z.strictObject({ type: z.literal('webrtc'), signal_url: z.string() })]),
  }),
  tuning_params: z.strictObject({
    gossip_loop_iteration_delay_ms: z.number().int().positive(),
    agent_info_expires_after_ms: z.literal(AGENT_INFO_MS),
  }),
})

/** The content of `manifests/holochain/conductor.yaml`. */
export type ConductorManifest = z.infer<typeof conductorManifestSchema>

/** The settings that one daemon adds to the manifest. */
export interface ConductorSettings {
  /** The folder that replaces `RIPPLE_DATA`. */
  readonly folder: string
  /** URL of bootstrap and relay: the loopback URL that every conductor of the network has. */
  readonly url: string
  /** Fixed admin port; null lets the system choose, so that several daemons fit on one machine. */
  readonly adminPort: number | null
  /** The one origin that the admin interface accepts, a secret. Null takes the manifest's, which only tests use. */
  readonly origin: string | null
  /** Gossip intervals. Null takes exactly the manifest's delay, which only tests use. */
  readonly gossip: Gossip | null
  /** Pause between rounds while this machine has yet to sync, in milliseconds, within `SYNC_EVERY_MS`. */
  readonly syncEveryMs: number
}

/** The rendered configuration. */
export interface RenderedConductor {
  /** The text of the conductor's own configuration file. */
  readonly yaml: string
  /** The keystore's folder. */
  readonly keystore: string
}

/** Reads the manifest. Throws `RIPPLE_CONFIG_INVALID`. */
export function readConductorManifest(): ConductorManifest {
  const parsed = conductorManifestSchema.safeParse(parse(readFileSync(conductorManifestUrl, 'utf8')))
  if (!parsed.success) throw invalid(z.prettifyError(parsed.error))
  return parsed.data
}

/**
 * Renders the configuration of a 0.7 conductor from Ripple's manifest. Pure.
 * Throws `RIPPLE_CONFIG_INVALID` for an unknown variable, and for a folder too deep for the keystore's socket.
 */
export function renderConductorConfig(
  manifest: ConductorManifest,
  settings: ConductorSettings,
): RenderedConductor {
  const [{ driver }] = manifest.admin_interfaces
  const [{ signal_url }] = manifest.network.transport_pool
  const expand = expander({
    RIPPLE_DATA: settings.folder,
    HOLOCHAIN_BOOTSTRAP_URL: settings.url,
    HOLOCHAIN_SIGNAL_URL: settings.url,
  })
  const socket = expand(manifest.keystore.connection_url).slice('unix://'.length)
  if (Buffer.byteLength(socket) > SOCKET_PATH_MAX) {
    throw invalid(`${socket} is longer than ${SOCKET_PATH_MAX} bytes: name a data folder with a shorter path`)
  }
  const config = {
    data_root_path: expand(manifest.environment_path),
    // The keystore runs inside the conductor: one process fewer to keep alive, and one passphrase.
    keystore: { type: 'lair_server_in_proc', lair_root: dirname(socket) },
    admin_interfaces: [
      {
        driver: {
          type: 'websocket',
          port: settings.adminPort ?? 0,
          allowed_origins: settings.origin === null ? driver.allowed_origins : onlyOrigin(settings.origin),
        },
      },
    ],
    network: {
      bootstrap_url: expand(manifest.network.bootstrap_service),
      relay_url: expand(signal_url),
      request_timeout_s: REQUEST_TIMEOUT_S,
      target_arc_factor: 1,
      report: 'none',
      advanced: advanced(manifest, settings),
    },
    restore_chain_quorum: RESTORE_QUORUM,
    tuning_params: {
      sys_validation_retry_delay: { secs: MISSING_RETRY_S, nanos: 0 },
      disable_self_validation: false,
    },
    // A write that was reported as done survives a power cut, so the chain never forks after one.
    db_sync_level: 'Full',
  }
  return { yaml: stringify(config), keystore: dirname(socket) }
}

function advanced(manifest: ConductorManifest, settings: ConductorSettings): Record<string, unknown> {
  const delay = manifest.tuning_params.gossip_loop_iteration_delay_ms
  const interval = settings.gossip?.initiate_interval_ms ?? delay
  return {
    coreBootstrap: { backoffMinMs: BOOTSTRAP_BACKOFF_MS.min, backoffMaxMs: BOOTSTRAP_BACKOFF_MS.max },
    ...(settings.gossip ? { coreSpace: signing(settings.gossip.sign_again_ms) } : {}),
    // Plain text reaches only the loopback forwarder; the packets inside are encrypted from end to end.
    irohTransport: { relayAllowPlainText: true },
    k2Gossip: {
      initiateIntervalMs: interval,
      minInitiateIntervalMs: interval,
      initiateJitterMs: settings.gossip?.initiate_jitter_ms ?? delay,
      initialInitiateIntervalMs: settings.syncEveryMs,
      initiateBurstFactor: BURST_FACTOR,
      ...(settings.gossip ? { roundTimeoutMs: settings.gossip.round_timeout_ms } : {}),
    },
  }
}

function signing(againMs: number): Record<string, number> {
  return { reSignFreqMs: Math.ceil(againMs / SIGN_LOOKS), reSignExpireTimeMs: AGENT_INFO_MS - againMs }
}

function expander(variables: Readonly<Record<string, string>>): (text: string) => string {
  return (text) =>
    text.replace(/\$\{(\w+)\}/g, (_whole, name: string) => {
      const value = variables[name]
      if (value === undefined) throw invalid(`there is no variable '${name}'`)
      return value
    })
}

function invalid(detail: string): RippleError {
  return new RippleError('RIPPLE_CONFIG_INVALID', { file: 'manifests/holochain/conductor.yaml', detail })
}
