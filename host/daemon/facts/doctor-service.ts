/** Answers and asks for comparisons with other machines. */
import { isFactsCode } from '../../doctor/facts-code.ts'
import { RippleError } from '../../errors/ripple-error.ts'
import { limits } from '../../limits.ts'
import type { AddressBook } from '../../net/address-book.ts'
import { openDoctorTalk, serveDoctorTalks } from '../../net/doctor-stream.ts'
import type { PeerAddress, PeerNode } from '../../net/libp2p.ts'
import type { Messages } from '../../net/port.ts'
import type { Acceptance } from '../../peers/acceptance.ts'
import type { MachineFacts, PairFacts, ReachFacts } from '../../types/machine-facts.ts'
import type { Peer } from '../../types/peer.ts'
import { answerComparison, askComparison, type CompareNeeds } from './compare.ts'
import { compareByCode } from './compare-by-code.ts'
import { type MessageComparisons, openMessageComparisons } from './compare-by-message.ts'
import { rememberFound } from './found-peers.ts'
import { type RunningNeeds, runningFacts } from './running.ts'
import { tryAddresses } from './tcp-reach.ts'

/** Parts of the daemon that comparisons use. */
export interface DoctorServiceNeeds extends RunningNeeds {
  readonly node: PeerNode
  readonly book: Pick<AddressBook, 'agentOf' | 'lookup'>
  readonly acceptance: Pick<Acceptance, 'accepts'>
  readonly messages: Pick<Messages, 'send' | 'onMessage'>
}

/** A comparison of this machine with another one. */
export interface Comparison {
  readonly here: MachineFacts
  readonly pair: PairFacts
}

/** The daemon's part of `doctor`. */
export interface DoctorService extends AsyncDisposable {
  facts(signal: AbortSignal): Promise<MachineFacts>
  /**
   * Compares this machine with a peer, named by its name, or by the beginning of its agent key or peer id, or with the
   * machine of a code. Rejects with `RIPPLE_PEER_UNKNOWN`, `RIPPLE_DOCTOR_CODE`.
   */
  compare(peer: string, signal: AbortSignal): Promise<Comparison>
}

/** The other machine, as far as it is known before it answers. */
interface Known extends Pick<PairFacts, 'name' | 'seen_ms_ago' | 'left'> {
  readonly agent: string | null
  readonly at: PeerAddress
}

/** Opens the service: from now on this machine answers comparisons. */
export async function openDoctorService(needs: DoctorServiceNeeds): Promise<DoctorService> {
  await using stack = new AsyncDisposableStack()
  const found = stack.use(rememberFound(needs.node.libp2p))
  const facts = async (signal: AbortSignal): Promise<MachineFacts> => {
    const { mdns } = needs.config.net
    return { ...(await runningFacts(needs, signal)), mdns: { on: mdns, seen: found.size } }
  }
  const knows: CompareNeeds['knows'] = async ({ agent, peer }) => {
    const { conductor } = needs
    const [named, path] = await Promise.all([
      agent === null
        ? null
        : conductor.agents().then(
            (all) => all.includes(agent),
            () => null,
          ),
      agent === null ? null : conductor.pathTo(agent).catch(() => null),
    ])
    // Nobody can accept a machine that has not been met.
    const accepted = agent !== null && named === true ? needs.acceptance.accepts(agent) : null
    return { named, path, accepted, mdns: peer === null ? null : found.has(peer) }
  }
  stack.use(
    await serveDoctorTalks(needs.node, needs.book, (talk, signal) =>
      answerComparison(talk, { facts, knows }, signal),
    ),
  )
  const byMessage = stack.use(openMessageComparisons(needs.messages, { facts, knows }))
  const open = stack.move()
  return {
    facts,
    compare: async (peer, signal) => {
      if (isFactsCode(peer)) {
        const here = await facts(signal)
        return { here, pair: await compareByCode(peer, here, knows, signal) }
      }
      const known = find(peer, needs)
      const until = AbortSignal.any([signal, AbortSignal.timeout(limits.doctor_compare_ms)])
      return compareWith(known, { node: needs.node, byMessage, facts, knows }, until)
    },
    [Symbol.asyncDispose]: () => open.disposeAsync(),
  }
}

/** The ways in which a comparison may go. */
interface WaysOfComparing extends CompareNeeds {
  readonly node: PeerNode
  readonly byMessage: MessageComparisons
}

async function compareWith(
  { name, seen_ms_ago, left, at, agent }: Known,
  { node, byMessage, ...needs }: WaysOfComparing,
  signal: AbortSignal,
): Promise<Comparison> {
  let refusal: unknown = null
  const brief = AbortSignal.any([signal, AbortSignal.timeout(limits.doctor_stream_ms)])
  const compared = await openDoctorTalk(node, at, (talk) => askComparison(talk, needs, brief), brief).catch(
    (thrown: unknown) => {
      refusal = thrown
      return null
    },
  )
  // Without a stream the conductors may still pass a message on.
  const patience = AbortSignal.any([signal, AbortSignal.timeout(limits.doctor_message_ms)])
  const passed = compared ?? (agent === null ? null : await byMessage.ask(agent, patience).catch(() => null))
  if (passed !== null) {
    const { here, ...both } = passed
    const way = compared === null ? 'conductor' : 'stream'
    return { here, pair: { name: both.there?.name ?? name, way, seen_ms_ago, left, ...both } }
  }
  signal.throwIfAborted()
  const [here, tcp, knows] = await Promise.all([
    needs.facts(signal),
    tryAddresses(at.addresses, signal),
    needs.knows({ agent, peer: at.peerId }),
  ])
  const out: ReachFacts = { tcp: tcp.map((tried) => refused(tried, refusal)), udp: null, ...knows }
  return { here, pair: { name, way: 'none', there: null, skew_ms: null, seen_ms_ago, left, out, back: null } }
}

/** The words of noise for a machine that has proved another identity than the dialled one (libp2p-noise 17.0.0). */
const OTHER_IDENTITY = /does not match expected remote identity key/

/** Whether the machine at an address has proved another identity than the one that was dialled. */
function isOtherPeer(thrown: unknown): boolean {
  const all = thrown instanceof AggregateError ? thrown.errors : [thrown]
  return all.some((one) => one instanceof Error && OTHER_IDENTITY.test(one.message))
}

/** Says why an address that opens has not led to a comparison. The kernel opens connections for a process that is stopped. */
function refused(tried: ReachFacts['tcp'][number], thrown: unknown): ReachFacts['tcp'][number] {
  if (tried.result !== 'open') return tried
  if (isOtherPeer(thrown)) return { ...tried, result: 'other_peer' }
  return isLate(thrown) ? { ...tried, result: 'mute' } : tried
}

/** Whether a deadline has passed, and no machine has refused anything. */
function isLate(thrown: unknown): boolean {
  const all = thrown instanceof AggregateError ? thrown.errors : [thrown]
  return all.every((one) => one instanceof Error && ['TimeoutError', 'AbortError'].includes(one.name))
}

/** Finds a peer among those with a card, and then among those that are connected. */
function find(text: string, { peers, conductor, node, book, clock }: DoctorServiceNeeds): Known {
  const others = peers().filter(({ agent }) => agent !== conductor.agent)
  const matches = (peer: Peer) =>
    peer.card.agent_name === text ||
    (text.length >= limits.doctor_prefix_chars_min &&
      [peer.agent, book.lookup(peer.agent)?.peerId].some((id) => id?.startsWith(text)))
  // Of machines with one name the one heard last is meant.
  const [peer] = others.filter(matches).toSorted((a, b) => (b.seenAt ?? 0) - (a.seenAt ?? 0))
  if (peer) {
    const { agent, card, seenAt, presence } = peer
    const at = book.lookup(agent)
    if (at !== null)
      return {
        ...{ name: card.agent_name, agent, at },
        seen_ms_ago: seenAt === null ? null : Math.max(0, Math.round(clock.now() - seenAt)),
        left: presence?.availability === 'offline',
      }
  }
  const connection = node.libp2p.getConnections().find(({ remotePeer }) => remotePeer.toString() === text)
  if (connection === undefined) throw new RippleError('RIPPLE_PEER_UNKNOWN', { agent: text })
  const address = connection.remoteAddr.toString()
  return { name: text, agent: null, at: { peerId: text, addresses: [address] }, seen_ms_ago: 0, left: false }
}
