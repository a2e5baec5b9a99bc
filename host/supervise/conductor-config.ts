import { readFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { parse, stringify } from 'yaml'
import { z } from 'zod'
import { AGENT_INFO_MS, type Gossip } from '../config/network.ts'
import { RippleError } from '../errors/ripple-error.ts'
import { onlyOrigin } from './origin.ts'

/** Where the manifest is. */
export const conductorManifestUrl = new URL('../../manifests/holochain/conductor.yaml', import.meta.url)

/** Longest path of a Unix socket that every platform takes, in bytes. */
const SOCKET_PATH_MAX = 103
/**
 * Deadline of one request between conductors, in seconds. Connecting may take 3/8 of it, and each message that is meant
 * for an address where nobody is any more takes that long, one after the other: 3 s, and not the engine's own 22.
 */
const REQUEST_TIMEOUT_S = 8
/**
 * Bounds of the pause between rounds of gossip while a machine has yet to sync, in milliseconds. A newcomer knows the
 * others at its first look at the bootstrap server, and they know it at their next: what it sends before then is dropped
 * unheard, and it takes no round of theirs while it waits for its own to time out. So it begins after two of their looks.
 * Two that start together and pause alike would begin at the same moment again and again, and lose both rounds each time.
 */
export const SYNC_EVERY_MS = { min: 2_000, max: 3_000 } as const
/** How many times its share a peer may begin rounds for a while: enough for one that syncs at the shortest pause. */
const BURST_FACTOR = 20
/**
 * After how long an entry whose author's earlier actions have not arrived is looked at again, in seconds. The engine's
 * own ten held up the first Grant or Close of a peer that had just joined.
 */
const MISSING_RETRY_S = 1
/**
 * Peers that must hand over the same chain when it is fetched anew. One is enough, because the chain is signed and the
 * remembered head tells whether it is all of it; the engine's own two would leave networks of two machines without a way.
 */
const RESTORE_QUORUM = 1
/**
 * How many times it is looked, in the time after which a machine signs anew where it is met, whether that time has come.
 * kitsune2 passes over a peer to whom one connection failed until that peer has signed after the failure; with the
 * engine's own 15 minutes, two conductors stayed apart for as long after a cut of some seconds.
 */
const SIGN_LOOKS = 6
/** Shortest and longest pause between looks at the bootstrap server, in milliseconds: see `SYNC_EVERY_MS`. */
const BOOTSTRAP_BACKOFF_MS = { min: 500, max: 1_000 } as const

/** `manifests/holochain/conductor.yaml`: the specification's fields. */
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

/** `manifests/holochain/conductor.yaml`. */
export type ConductorManifest = z.infer<typeof conductorManifestSchema>

/** What one daemon adds to the manifest. */
export interface ConductorSettings {
  /** The folder that stands for `RIPPLE_DATA`. */
  readonly folder: string
  /** Bootstrap and relay: the loopback URL that every conductor of the network has. */
  readonly url: string
  /** Fixed admin port; null lets the system choose, so that several daemons fit on one machine. */
  readonly adminPort: number | null
  /** The one origin that the admin interface accepts, a secret; null takes the manifest's, which only tests want. */
  readonly origin: string | null
  /** Gossip intervals; null takes the manifest's delay to the letter, which only tests want. */
  readonly gossip: Gossip | null
  /** Pause between rounds while this machine has yet to sync, in milliseconds: any within `SYNC_EVERY_MS`. */
  readonly syncEveryMs: number
}

/** What the rendering gives. */
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
    // A write that was reported as done outlives a power cut: the chain never forks after one.
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
    // Plain text reaches the loopback forwarder only; the packets inside are encrypted from end to end.
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
