import { open, stat, truncate } from 'node:fs/promises'
import { basename, dirname } from 'node:path'
import type { FileExchange } from '../artifacts/port.ts'
import { RippleError, toRippleError } from '../errors/ripple-error.ts'
import { limits } from '../limits.ts'
import type { Messages } from '../net/port.ts'
import type { AlarmClock } from '../types/clock.ts'
import type { AgentKey, Cid } from '../types/events.ts'
import type { Message } from '../types/message.ts'
import type { Peer } from '../types/peer.ts'
import type { Download } from './download.ts'
import type { ModelPeers, WantedFile } from './pull.ts'
import { takeRoom } from './space.ts'
import { watchStall } from './stall.ts'

/** What asking other machines for model files needs. */
export interface PeersNeeds {
  readonly exchange: Pick<FileExchange, 'read'>
  readonly messages: Messages
  readonly clock: Pick<AlarmClock, 'after'>
  /** Other machines that are there now. */
  others(): readonly Peer[]
}

/** A file as a peer gives it out. */
type Offered = NonNullable<Extract<Message, { type: 'model_is' }>['model']>

interface Offer extends Offered {
  readonly from: AgentKey
}

/**
 * Fetches model files from other machines by CID. A card says who has a file; its CID is that machine's word, so what is
 * fetched under it is checked by sha256 afterwards like any other download, and each block by the CID before it is written.
 */
export function modelPeers(needs: PeersNeeds): ModelPeers {
  const name = ({ others }: PeersNeeds, offer: Offer): string => {
    const card = others().find(({ agent }) => agent === offer.from)?.card
    return card?.capabilities.inference.models.find(({ digest }) => digest === offer.sha256)?.name ?? ''
  }
  return {
    find: async (file, signal) => {
      const [offer] = await ask(file, needs.others(), needs, signal)
      if (offer === undefined) throw nobody(file)
      const { sha256, cid } = offer
      return { name: name(needs, offer), sha256, cid: file === cid ? cid : null }
    },
    fetch: async (wanted, download) => {
      const holders = needs.others().filter(({ card }) => hasFile(card, wanted.sha256))
      const offers = await ask(wanted.sha256, holders, needs, download.signal)
      const groups = [
        ...Map.groupBy(
          offers.filter((offer) => isFor(offer, wanted, download)),
          ({ cid }) => cid,
        ),
      ]
      groups.sort(([, one], [, two]) => two.length - one.length)
      let failed: unknown = nobody(wanted.name)
      for (const [cid, from] of groups) {
        try {
          return await fetchFrom(cid, from, download, needs)
        } catch (thrown) {
          download.signal.throwIfAborted()
          if (['RIPPLE_DISK_SHORT', 'RIPPLE_DISK_FULL'].includes(toRippleError(thrown).code)) throw thrown
          failed = thrown
        }
      }
      throw failed
    },
  }
}

function hasFile({ capabilities }: Peer['card'], sha256: string): boolean {
  return capabilities.inference.models.some(({ digest }) => digest === sha256)
}

function isFor(offer: Offer, wanted: WantedFile, { bytes }: Download): boolean {
  return (
    offer.sha256 === wanted.sha256 &&
    (bytes === null || offer.bytes === bytes) &&
    (wanted.cid === null || offer.cid === wanted.cid)
  )
}

function nobody(model: string): RippleError {
  return new RippleError('RIPPLE_MODEL_NO_PEER', { model })
}

/** Asks again and again, since messages may be lost; ends soon after the first offer, or when all have answered. */
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
    if (message.model !== null) {
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

/** Goes on where the part ends: whose bytes those are does not matter, as all of it is checked in the end. */
async function fetchFrom(
  cid: Cid,
  offers: readonly Offer[],
  download: Download,
  { exchange }: PeersNeeds,
): Promise<void> {
  const { part, path, signal } = download
  const total = offers[0]?.bytes ?? 0
  const size = (await stat(part).catch(() => null))?.size ?? 0
  const here = size > total ? 0 : size
  using room = await takeRoom(basename(path), dirname(path), total - here)
  using stall = watchStall('the peers that give it', limits.model_peers_stall_ms, signal)
  await using file = await open(part, 'a')
  if (here !== size) await truncate(part, here)
  let bytes = here
  const from = offers.map((offer) => offer.from)
  for await (const piece of exchange.read(cid, from, { offset: here, max: total - here }, stall.signal)) {
    stall.touch()
    await file.writeFile(piece)
    bytes += piece.length
    await room.cover(total - bytes)
    download.onProgress(bytes, total)
  }
  if (bytes !== total)
    throw new RippleError('RIPPLE_INTERNAL', { detail: `the file ended after ${bytes} bytes of ${total}` })
}
