/** Compares two machines whose daemons talk to each other: each tells its facts, and tries to reach the other. */
import { randomBytes } from 'node:crypto'
import { isIPv4 } from 'node:net'
import { z } from 'zod'
import { limits } from '../../limits.ts'
import type { DoctorTalk } from '../../net/doctor-stream.ts'
import {
  type MachineFacts,
  machineFacts,
  type PairFacts,
  type ReachFacts,
  reachFacts,
} from '../../types/machine-facts.ts'
import { ofOthers, tryAddresses } from './tcp-reach.ts'
import { openUdpEar, sendUdpToken } from './udp-reach.ts'

/** Bytes of a token. */
const TOKEN_BYTES = 16

const moment = z.number().min(0).max(8_640_000_000_000_000)
const udpPort = z.number().int().min(1).max(65_535)
const token = z.custom<Uint8Array>((value) => value instanceof Uint8Array && value.length === TOKEN_BYTES)

/** The question: my facts, and the port at which I wait for the token by UDP. */
const question = z.object({ type: z.literal('hello'), facts: machineFacts, udp: udpPort, token })
/** The answer: my facts, how I reach you, and the port at which I wait for the same token. */
export const answer = z.object({
  type: z.literal('facts'),
  facts: machineFacts,
  reach: reachFacts,
  udp: udpPort,
  /** The times by the answerer's clock at which the question came and the answer went. */
  came: moment,
  went: moment,
})
/** I have sent the token. */
const sent = z.object({ type: z.literal('sent') })
/** Whether it has arrived. */
const heard = z.object({ type: z.literal('heard'), udp: z.boolean() })

/** What a comparison needs of the daemon. */
export interface CompareNeeds {
  facts(signal: AbortSignal): Promise<MachineFacts>
  /** Returns what this daemon and its conductor know of another machine. */
  knows(
    other: Pick<MachineFacts, 'agent' | 'peer'>,
  ): Promise<Pick<ReachFacts, 'named' | 'mdns' | 'accepted' | 'path'>>
}

/** What came of a comparison over a stream. */
export type Compared = Pick<PairFacts, 'there' | 'skew_ms' | 'out' | 'back'> & { readonly here: MachineFacts }

/** Asks another machine for a comparison. Rejects when the stream ends, or brings anything else. */
export async function askComparison(
  talk: DoctorTalk,
  needs: CompareNeeds,
  signal: AbortSignal,
): Promise<Compared> {
  const here = await needs.facts(signal)
  const secret = randomBytes(TOKEN_BYTES)
  using ear = await openUdpEar(secret)
  const asked = Date.now()
  await talk.write({ type: 'hello', facts: here, udp: ear.port, token: secret }, signal)
  const told = answer.parse(await talk.read(signal))
  const there = told.facts
  const skew_ms = skewOf(asked, told)
  const [tcp, knows, udpBack] = await Promise.all([
    tryAddresses(there.addresses ?? [], signal),
    needs.knows(there),
    ear.heard(),
  ])
  const tried = await sendUdpToken(secret, hostsOf(there, talk), told.udp, signal)
  await talk.write({ type: 'sent' }, signal)
  const { udp } = heard.parse(await talk.read(signal))
  // A machine that had no address to send to says so by null.
  const back = { ...told.reach, udp: told.reach.udp === null ? null : udpBack }
  return { here, there, skew_ms, out: { tcp, ...knows, udp: tried ? udp : null }, back }
}

/**
 * Returns how far the other clock is ahead, by the time of the question here, and those at which it came and its answer
 * went there. Their way is taken to be as long in both directions.
 */
export function skewOf(
  asked: number,
  { came, went }: { readonly came: number; readonly went: number },
): number {
  return Math.round((came - asked + went - Date.now()) / 2)
}

/** Answers a comparison. Rejects when the stream ends, or brings anything else. */
export async function answerComparison(
  talk: DoctorTalk,
  needs: CompareNeeds,
  signal: AbortSignal,
): Promise<void> {
  const asked = question.parse(await talk.read(signal))
  const came = Date.now()
  using ear = await openUdpEar(asked.token)
  const [facts, tcp, knows, tried] = await Promise.all([
    needs.facts(signal),
    tryAddresses(mayTry(asked.facts.addresses ?? [], talk), signal),
    needs.knows(asked.facts),
    sendUdpToken(asked.token, mayTry(hostsOf(asked.facts, talk), talk), asked.udp, signal),
  ])
  const reach = { tcp, ...knows, udp: tried ? false : null }
  await talk.write({ type: 'facts', facts, reach, udp: ear.port, came, went: Date.now() }, signal)
  sent.parse(await talk.read(signal))
  await talk.write({ type: 'heard', udp: await ear.heard() }, signal)
}

/** Returns the IPv4 addresses of a machine to which UDP packets may go: those that it announces, and that of the stream. */
function hostsOf({ addresses }: Pick<MachineFacts, 'addresses'>, { remoteHost }: DoctorTalk): string[] {
  const announced = (addresses ?? []).map((address) => address.split('/')[2] ?? '')
  const hosts = [...new Set([remoteHost ?? '', ...announced])].filter(isIPv4).map((host) => ({ host }))
  return ofOthers(hosts)
    .map(({ host }) => host)
    .slice(0, limits.doctor_addresses_max)
}

/**
 * Returns the addresses that may be tried at the wish of the other machine. A member's card has named them already; a
 * stranger could make this machine knock at the doors of others.
 */
function mayTry(addresses: readonly string[], { isMember, remoteHost }: DoctorTalk): readonly string[] {
  if (isMember || remoteHost === null) return isMember ? addresses : []
  return addresses.filter((address) => address.split('/').includes(remoteHost))
}
