/** Reads the agents of a network from kitsune's agent infos. */
import {
  type AdminWebsocket,
  type DnaHash,
  encodeHashToBase64,
  HoloHashType,
  hashFrom32AndType,
} from '@holochain/client'
import { z } from 'zod'
import type { AgentKey } from '../../types/events.ts'

const signedInfo = z.object({ agentInfo: z.string() })
const agentInfo = z.object({
  /** The key's 32 bytes, without the prefix and location of an agent's hash. */
  agent: z.base64url().length(43),
  /** Microseconds since 1970. */
  expiresAt: z.string().regex(/^\d{1,19}$/),
  isTombstone: z.boolean(),
  /** The agent's URL; null if it has left. */
  url: z.string().nullish(),
  /** Microseconds since 1970. */
  createdAt: z.string().regex(/^\d{1,19}$/),
})

/**
 * Returns the agents that kitsune names now in a DNA's network, this machine's included. Kitsune learns them from the
 * bootstrap server within seconds, long before the DHT has synced. Some may be gone. Rejects as the client does.
 */
export async function namedAgents(admin: AdminWebsocket, dna: DnaHash): Promise<AgentKey[]> {
  const infos = await admin.agentInfo({ dna_hashes: [dna] })
  return infos.flatMap((text) => readAgentInfo(text, Date.now()) ?? [])
}

/** Returns the agent of a signed agent info. Returns null if it has left, has expired at `now`, or is malformed. Pure. */
export function readAgentInfo(text: string, now: number): AgentKey | null {
  return readPlace(text, now)?.agent ?? null
}

/** An agent with its URL, and the time since which it is there, in milliseconds since 1970. */
interface Place {
  readonly agent: AgentKey
  readonly url: string | null
  readonly since: number
}

/**
 * Returns how a conductor is connected to another agent's one, by that agent's infos and the conductor's connections.
 * `direct` means without a relay; null means that the agent's address is not known. Pure.
 */
export function pathTo(
  infos: readonly string[],
  agent: AgentKey,
  connections: ReadonlyArray<{ readonly pub_key: string; readonly is_direct: boolean }>,
  now: number,
): 'direct' | 'relayed' | 'none' | null {
  const keys = infos.flatMap((text) => {
    const place = readPlace(text, now)
    const key = place?.agent === agent ? place.url?.split('/').at(-1) : undefined
    return key === undefined ? [] : [key]
  })
  if (keys.length === 0) return null
  const own = connections.filter(({ pub_key }) => keys.includes(pub_key))
  if (own.length === 0) return 'none'
  return own.some(({ is_direct }) => is_direct) ? 'direct' : 'relayed'
}

function readPlace(text: string, now: number): Place | null {
  try {
    const info = agentInfo.parse(JSON.parse(signedInfo.parse(JSON.parse(text)).agentInfo))
    if (info.isTombstone || Number(info.expiresAt) / 1000 <= now) return null
    const key = hashFrom32AndType(Buffer.from(info.agent, 'base64url'), HoloHashType.Agent)
    return {
      agent: encodeHashToBase64(key),
      url: info.url ?? null,
      since: Number(info.createdAt) / 1000,
    }
  } catch {
    return null
  }
}

/**
 * Whether an agent has appeared at a URL other than the `own` ones after `begun`, in milliseconds since 1970. Infos of an
 * earlier run of the same conductor are older. A URL ends in the key that each run of a conductor draws. Pure.
 */
export function isElsewhere(
  infos: readonly string[],
  agent: AgentKey,
  own: readonly string[],
  begun: number,
): boolean {
  const keyOf = (url: string | null) => url?.split('/').at(-1)
  const known = own.map(keyOf)
  const places = infos.flatMap((text) => readPlace(text, begun) ?? [])
  return places.some(
    (place) =>
      place.agent === agent && place.url !== null && !known.includes(keyOf(place.url)) && place.since > begun,
  )
}
