/** Passes kitsune's agent infos from machine to machine, so that conductors meet without a look at the bootstrap server. */
import { type AdminWebsocket, type DnaHash, encodeHashToBase64 } from '@holochain/client'
import { z } from 'zod'
import type { AgentKey } from '../../types/events.ts'
import { readAgentInfo } from './named-agents.ts'

const signedInfo = z.object({ agentInfo: z.string() })
const placeInfo = z.object({ space: z.base64url(), url: z.string().nullish() })

/** The signed agent infos of one conductor. */
export interface OwnInfos {
  readonly infos: readonly string[]
  /** Names the addresses in them: infos that were only signed again have the same key. */
  readonly key: string
  /** The hashes of the DNAs that they are for. */
  readonly dnas: readonly string[]
}

/** Returns the infos of this machine's agent in all DNAs; none before the conductor has reached a relay. Rejects as the client does. */
export async function ownInfos(admin: AdminWebsocket, agent: AgentKey): Promise<OwnInfos> {
  const all = await admin.agentInfo({ dna_hashes: null })
  const infos = all.filter((text) => readAgentInfo(text, Date.now()) === agent && readPlace(text)?.url)
  const key = infos.map((text) => Object.values(readPlace(text) ?? {}).join(' '))
  const dnas = (await admin.listCellIds()).map(([dna]) => encodeHashToBase64(dna))
  return { infos, key: key.sort().join('\n'), dnas: [...new Set(dnas)] }
}

/**
 * Gives the conductor the infos of other agents in these DNAs. Anybody may have sent them: the conductor checks their
 * signatures, and drops an info whose check fails. Rejects with nothing.
 */
export async function learnInfos(
  admin: AdminWebsocket,
  dnas: readonly DnaHash[],
  infos: readonly string[],
): Promise<void> {
  const spaces = new Set(dnas.map((dna) => Buffer.from(dna.subarray(3, 35)).toString('base64url')))
  const known = infos.filter((text) => {
    const place = readPlace(text)
    return place !== null && spaces.has(place.space) && readAgentInfo(text, Date.now()) !== null
  })
  // One by one, because the conductor refuses all infos of a call if one of them is wrong.
  await Promise.allSettled(known.map((text) => admin.addAgentInfo({ agent_infos: [text] })))
}

function readPlace(text: string): z.output<typeof placeInfo> | null {
  try {
    return placeInfo.parse(JSON.parse(signedInfo.parse(JSON.parse(text)).agentInfo))
  } catch {
    return null
  }
}
