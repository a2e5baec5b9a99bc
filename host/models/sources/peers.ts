/** Finds model files on other machines and fetches them by CID. */
import { open, truncate } from 'node:fs/promises'
import { RAW_BLOCK_BYTES_MAX } from '../../../zomes-bindings/generated/limits.ts'
import type { FileExchange } from '../../artifacts/port.ts'
import { RippleError } from '../../errors/ripple-error.ts'
import { limits } from '../../limits.ts'
import type { Messages } from '../../net/port.ts'
import type { AlarmClock } from '../../types/clock.ts'
import type { AgentKey } from '../../types/events.ts'
import type { Message } from '../../types/message.ts'
import type { Peer } from '../../types/peer.ts'
import { type Download, sizeOf } from './download.ts'
import { watchPace } from './pace.ts'
import type { ModelPeers } from './pull.ts'
import { needRoom } from './space.ts'

/** The parts of the daemon that fetching model files from peers needs. */
export interface PeersNeeds {
  readonly exchange: Pick<FileExchange, 'read'>
  readonly messages: Messages
  readonly clock: Pick<AlarmClock, 'now' | 'after'>
  /** Returns the other machines that are online now. */
  others(): readonly Peer[]
}

/** A file as a peer offers it. */
type Offered = NonNullable<Extract<Message, { type: 'model_is' }>['model']>

interface Offer extends Offered {
  readonly from: AgentKey
}

/**
 * Fetches model files from other machines by CID. Those machines state who has a file, its CID and its size, and they are
 * not believed. Each block is checked against the CID before it is written. The whole file is checked against the request,
 * as in any other download.
 */
export function modelPeers(needs: PeersNeeds): ModelPeers {
  return {
    find: async (file, signal) => {
      const [offer] = await ask(file, needs.others(), needs, signal)
      if (offer === undefined) throw nobody(file)
      const { cid, sha256, bytes } = offer
      const id = file === cid ? { sha256: null, cid } : { sha256, cid: null }
      return { name: nameOf(needs, offer), ...id, bytes }
    },
    places: async ({ name, sha256, cid }, bytes, signal) => {
      const file = cid ?? sha256
      if (file === null) throw nobody(name)
      // No card holds a CID, so all peers are asked for it.
      const holders = needs.others().filter(({ card }) => cid !== null || hasFile(card, file))
      const offers = await ask(file, holders, needs, signal)
      const right = offers.filter((offer) => bytes === null || offer.bytes === bytes)
      const groups = [...Map.groupBy(right, (offer) => `${offer.cid} ${offer.bytes}`).values()]
      if (groups.length === 0) throw nobody(name)
      groups.sort((one, two) => two.length - one.length)
      return groups.map((group) => ({
        name: 'peers',
        fetch: async (download) => {
          await fetchFrom(group, download, needs)
          return { claimedSha256: sha256 }
        },
      }))
    },
  }
}

/** Returns the name of a file on its holder's card. */
function nameOf({ others }: PeersNeeds, { from, sha256 }: Offer): string {
  const card = others().find(({ agent }) => agent === from)?.card
  return card?.capabilities.inference.models.find(({ digest }) => digest === sha256)?.name ?? ''
}

function hasFile({ capabilities }: Peer['card'], sha256: string): boolean {
  return capabilities.inference.models.some(({ digest }) => digest === sha256)
}

function nobody(model: string): RippleError {
  return new RippleError('RIPPLE_MODEL_NO_PEER', { model })
}

/**
 * Asks peers repeatedly for a file, since messages may be lost. Ends soon after the first offer, or when all have answered.
 * An offer of another file does not count.
 */
async function ask(
  file: string,
  among: readonly Peer[],
  { messages, clock }: PeersNeeds,
  signal: AbortSignal,
): Promise<Offer[]> {
  const waiting = new Set(among.slice(0, limits.model_peers_asked_max).map(({ agent }) => agent))
  const offers: Offer[] = []
  if (waiting.size === 0) return offers
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  const alarms: Array<() => void> = [clock.after(limits.model_ask_ms, resolve)]
  const offMessages = messages.onMessage((from, message) => {
    if (message.type !== 'model_is' || message.file !== file || !waiting.delete(from)) return
    if (message.model !== null && (message.model.sha256 === file || message.model.cid === file)) {
      if (offers.length === 0) alarms.push(clock.after(limits.model_ask_more_ms, resolve))
      offers.push({ ...message.model, from })
    }
    if (waiting.size === 0) resolve()
  })
  const onAbort = (): void => reject(signal.reason)
  signal.addEventListener('abort', onAbort, { once: true })
  const put = (): void => {
    for (const agent of waiting) messages.send(agent, { type: 'model_request', file }, signal).catch(() => {})
    alarms.push(clock.after(limits.model_ask_again_ms, put))
  }
  try {
    signal.throwIfAborted()
    put()
    await promise
  } finally {
    signal.removeEventListener('abort', onAbort)
    offMessages()
    for (const off of alarms) off()
  }
  return offers
}

/** Fetches a file from the end of its part. The origin of the part does not matter, as the whole is checked in the end. */
async function fetchFrom(
  offers: readonly Offer[],
  download: Download,
  { exchange, clock }: PeersNeeds,
): Promise<void> {
  const { part, path, signal } = download
  const [{ cid, bytes: total } = { cid: '', bytes: 0 }] = offers
  const size = await sizeOf(part)
  const here = size > total ? 0 : size
  // This comes before the disk check: a part that is longer than the file belongs to another file, and takes space itself.
  if (here !== size) await truncate(part)
  await needRoom(path, total - here)
  using pace = watchPace(total - here, clock, signal)
  await using file = await open(part, 'a')
  let bytes = here
  const from = offers.map((offer) => offer.from)
  for await (const piece of exchange.read(cid, from, { offset: here, max: total - here }, pace.signal)) {
    await file.writeFile(piece)
    bytes += piece.length
    // A peer that sends a little now and then, or empty pieces, counts as silent.
    const whole = bytes % RAW_BLOCK_BYTES_MAX === 0 || bytes === total
    if (whole && piece.length > 0) pace.came(bytes - here)
    download.onProgress(bytes, total)
  }
  if (bytes !== total)
    throw new RippleError('RIPPLE_INTERNAL', { detail: `the file ended after ${bytes} bytes of ${total}` })
}
