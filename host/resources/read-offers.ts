/** Reads what machines offer and what is left of it. */

import { resourceLimits } from '../limits/resources.ts'
import { limits } from '../limits.ts'
import { distance } from '../mesh/placement/traits.ts'
import type { AgentKey, Millis } from '../types/events.ts'
import type { Peer } from '../types/peer.ts'
import { isThere } from '../types/peer-state.ts'
import type { Ledger } from './ledger.ts'
import type { Offered } from './pick.ts'
import { freeOf, isRunning, lastEntries, type Running } from './running.ts'

/** Parts that the reader needs. */
export interface ReadNeeds {
  readonly self: AgentKey
  readonly ledger: Ledger
  readonly clock: { now(): Millis }
  peers(): readonly Peer[]
  /** Allocations of this machine and those that it holds: its own knowledge is newer than the DHT's. */
  known(): readonly Running[]
}

const AWAY_MS = limits.presence_every_ms * limits.presence_missed_max

/** Returns the offers of this machine and of all that are there, take work and are accepted. Rejects as a zome call does. */
export async function readOffers(needs: ReadNeeds, signal: AbortSignal): Promise<Offered[]> {
  const { self, peers, clock } = needs
  const all = peers()
  const region = all.find(({ agent }) => agent === self)?.card.network.latency_region ?? ''
  const asked = all
    .filter((peer) => isOpen(peer, self, clock.now()))
    .slice(0, resourceLimits.resource_peers_max)
  const offers: Offered[] = []
  for (let from = 0; from < asked.length; from += resourceLimits.resource_reads_max) {
    const some = asked.slice(from, from + resourceLimits.resource_reads_max)
    const read = await Promise.all(some.map((peer) => readOffer(peer, region, needs, signal)))
    offers.push(...read.flatMap((one) => one ?? []))
  }
  return offers
}

function isOpen(peer: Peer, self: AgentKey, now: Millis): boolean {
  const availability = peer.presence?.availability ?? peer.card.availability
  if (peer.agent === self) return true
  return !peer.waiting && availability !== 'draining' && isThere(peer, now, AWAY_MS)
}

async function readOffer(
  { agent, card, presence }: Peer,
  region: string,
  { self, ledger, clock, known }: ReadNeeds,
  signal: AbortSignal,
): Promise<Offered | null> {
  const now = clock.now()
  const offer = (await ledger.offers(agent, now, signal)).at(-1)?.entry
  if (!offer) return null
  const entries = agent === self ? [] : await ledger.allocations(agent, now, signal)
  const running = lastEntries(entries)
  for (const one of known()) if (one.node === agent) running.set(one.id, one)
  const free = freeOf(
    offer.capacity,
    [...running.values()].filter((one) => isRunning(one, now)),
  )
  const load = presence?.load ?? card.load
  const busy = Math.min(100, Math.max(load.cpu_percent, load.gpu_percent))
  return {
    node: agent,
    name: card.agent_name,
    self: agent === self,
    capacity: offer.capacity,
    free,
    price_milli: offer.price_milli,
    expires_at: offer.expires_at,
    distance: agent === self ? 0 : distance(region, card.network.latency_region),
    speed: Math.floor((card.capabilities.inference.tokens_per_second * (100 - busy)) / 100),
    busy,
  }
}
