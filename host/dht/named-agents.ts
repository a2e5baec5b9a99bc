import {
  type AdminWebsocket,
  type DnaHash,
  encodeHashToBase64,
  HoloHashType,
  hashFrom32AndType,
} from '@holochain/client'
import { z } from 'zod'
import type { AgentKey } from '../types/events.ts'

const signedInfo = z.object({ agentInfo: z.string() })
const agentInfo = z.object({
  /** The key's 32 bytes, without the prefix and location that make it an agent's hash. */
  agent: z.base64url().length(43),
  /** Microseconds since 1970. */
  expiresAt: z.string().regex(/^\d{1,19}$/),
  isTombstone: z.boolean(),
})

/**
 * The agents of a DNA's network that kitsune names now, this machine's included: it learns them from the bootstrap
 * server within seconds, long before the DHT has synced. Some may be gone. Rejects as the client does.
 */
export async function namedAgents(admin: AdminWebsocket, dna: DnaHash): Promise<AgentKey[]> {
  const infos = await admin.agentInfo({ dna_hashes: [dna] })
  return infos.flatMap((text) => readAgentInfo(text, Date.now()) ?? [])
}

/** The agent that a signed agent info names; null for one that has left, has expired at `now`, or is not well formed. Pure. */
export function readAgentInfo(text: string, now: number): AgentKey | null {
  try {
    const info = agentInfo.parse(JSON.parse(signedInfo.parse(JSON.parse(text)).agentInfo))
    if (info.isTombstone || Number(info.expiresAt) / 1000 <= now) return null
    return encodeHashToBase64(hashFrom32AndType(Buffer.from(info.agent, 'base64url'), HoloHashType.Agent))
  } catch {
    return null
  }
}
