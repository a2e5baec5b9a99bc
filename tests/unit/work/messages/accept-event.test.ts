import { describe, expect, test } from 'vitest'
import { limits } from '../../../../host/limits.ts'
import { offerOwner } from '../../../../host/mesh/state/effect-owners.ts'
import type { MeshInput } from '../../../../host/mesh/state/input.ts'
import { emptyState, type MeshState } from '../../../../host/mesh/state/state.ts'
import { decodeMessage, encodeMessage } from '../../../../host/net/frame.ts'
import { PeerQuota } from '../../../../host/net/peer-quota.ts'
import { openRules } from '../../../../host/rules/rules.ts'
import type { ActionHash, AgentKey, MeshEvent, SignedBytes } from '../../../../host/types/events.ts'
import type { Message } from '../../../../host/types/message.ts'
import { defaultWorkConfig } from '../../../../host/work/context/config.ts'
import type { PeerContext } from '../../../../host/work/context/context.ts'
import { PeerEventCache } from '../../../../host/work/context/peer-event-cache.ts'
import { acceptEvent } from '../../../../host/work/messages/accept-event.ts'
import { serveEvent, serving } from '../../../../host/work/messages/serve-event.ts'
import { actionHashOf, dnaHashOf, type Identity, identityOf } from '../../../harness/sim/identity.ts'
import { heldOf, taskEntry } from '../../mesh/fixtures.ts'

const rules = await openRules()
const dna_hash = dnaHashOf('a network')
const poster = identityOf('poster')
const other = identityOf('other')
const self = identityOf('self')

interface Written {
  readonly event: MeshEvent
  readonly signed: SignedBytes
}

/** An event as its author would have written it. */
function write({ agent, sign }: Identity, seq: number, entry: MeshEvent['entry']): Written {
  const fields = { author: agent, seq, at: 1_800_000_000_000, entry }
  const { hash, action, entry: bytes } = rules.encodeEvent({ ...fields, prev_action: actionHashOf('root') })
  return { event: { hash, ...fields }, signed: { action, entry: bytes, signature: sign(action) } }
}

function task(changes: Parameters<typeof taskEntry>[0] = {}): Written {
  return write(poster, 5, { type: 'Task', ...taskEntry({ dna_hash, ...changes }) })
}

function grant(seq: number, of: ActionHash, prev: ActionHash, attempt: number): Written {
  const reason = attempt === 1 ? 'none' : 'expired'
  const entry = { dna_hash, task: of, prev, attempt, worker: self.agent, lease_ms: 10_000, reason } as const
  return write(poster, seq, { type: 'Grant', ...entry, prefix_digest: null })
}

/** A machine that waits for a Task and a Grant of a poster, and what comes of what it is sent. */
function waitsFor(hashes: { readonly task?: ActionHash; readonly grant?: readonly [Written, Written] }) {
  const happened: MeshInput[] = []
  const sent: Message[] = []
  const asked = hashes.task
    ? [
        [
          offerOwner(hashes.task, poster.agent),
          { task: hashes.task, poster: poster.agent, at: 0, event: null },
        ] as const,
      ]
    : []
  const [ofTask, granted] = hashes.grant ?? []
  const held =
    ofTask && granted
      ? [[granted.event.hash, heldOf(granted.event, ofTask.event, poster.agent)] as const]
      : []
  let state: MeshState = {
    ...emptyState(self.agent, defaultWorkConfig),
    asked: new Map(asked),
    held: new Map(held),
  }
  const hands = {
    needs: { rules, dht: { agent: self.agent, dnaHashes: [dna_hash] }, clock: { now: () => 0 } },
    peerEvents: new PeerEventCache(),
    state: () => state,
    dispatch: (input: MeshInput) => void happened.push(input),
    record: () => {},
    send: async (_to: AgentKey, message: Message) => void sent.push(message),
  } as unknown as PeerContext
  return {
    happened,
    sent,
    hands,
    forget: () => {
      state = emptyState(self.agent, defaultWorkConfig)
    },
    take: (from: Identity, signed: SignedBytes) => acceptEvent(from.agent, signed, hands),
  }
}

function touched(bytes: Uint8Array): Uint8Array {
  return bytes.with(bytes.length - 1, (bytes.at(-1) ?? 0) ^ 1)
}

describe('an event from a peer', () => {
  test('a requested event from a peer is taken as if it came by the DHT', () => {
    const { event, signed } = task()
    const machine = waitsFor({ task: event.hash })
    machine.take(poster, signed)
    expect(machine.happened).toEqual([{ type: 'task_fetched', event }])
  })

  test.each<
    [string, () => { readonly asked: ActionHash; readonly from: Identity; readonly signed: SignedBytes }]
  >([
    [
      'that nobody asked for',
      () => ({ asked: actionHashOf('another'), from: poster, signed: task().signed }),
    ],
    [
      'that another peer was asked for',
      () => ({ asked: task().event.hash, from: other, signed: task().signed }),
    ],
    [
      'whose action is another',
      () => {
        const { event, signed } = task()
        return { asked: event.hash, from: poster, signed: { ...signed, action: touched(signed.action) } }
      },
    ],
    [
      'whose entry is another',
      () => {
        const { event, signed } = task()
        const { entry } = task({ max_attempts: 9 }).signed
        return { asked: event.hash, from: poster, signed: { ...signed, entry } }
      },
    ],
    [
      'whose signature is of somebody else',
      () => {
        const { event, signed } = task()
        return {
          asked: event.hash,
          from: poster,
          signed: { ...signed, signature: other.sign(signed.action) },
        }
      },
    ],
    [
      'whose signature is cut short',
      () => {
        const { event, signed } = task()
        const signature = signed.signature.subarray(1)
        return { asked: event.hash, from: poster, signed: { ...signed, signature } }
      },
    ],
    [
      'that the rules refuse',
      () => {
        const { event, signed } = task({ payload_bytes: 0 })
        return { asked: event.hash, from: poster, signed }
      },
    ],
    [
      'that is of another network',
      () => {
        const { event, signed } = task({ dna_hash: dnaHashOf('another network') })
        return { asked: event.hash, from: poster, signed }
      },
    ],
    [
      'that is no event',
      () => ({
        asked: rules.hashAction(Uint8Array.of(1)),
        from: poster,
        signed: { action: Uint8Array.of(1), entry: new Uint8Array(), signature: new Uint8Array(64) },
      }),
    ],
  ])('an event %s changes nothing', (_, forge) => {
    const { asked, from, signed } = forge()
    const machine = waitsFor({ task: asked })
    machine.take(from, signed)
    expect([machine.happened, machine.sent]).toEqual([[], []])
  })

  test('an event that names an absent one waits for it and is judged by it', () => {
    const asked = task()
    const first = grant(6, asked.event.hash, asked.event.hash, 1)
    const second = grant(7, asked.event.hash, first.event.hash, 2)
    const machine = waitsFor({ grant: [asked, second] })
    machine.take(poster, second.signed)
    expect(machine.sent).toEqual([{ type: 'event_request', hash: first.event.hash }])
    expect(machine.happened).toEqual([])
    machine.take(other, first.signed)
    expect(machine.happened).toEqual([])
    machine.take(poster, first.signed)
    expect(machine.happened).toEqual([{ type: 'grant_fetched', event: second.event }])
    expect(machine.hands.peerEvents.isAhead(second.event.hash)).toBe(true)
  })

  test('an event whose task was forgotten is dropped and not requested again', () => {
    const asked = task()
    const first = grant(6, asked.event.hash, asked.event.hash, 1)
    const second = grant(7, asked.event.hash, first.event.hash, 2)
    const machine = waitsFor({ grant: [asked, second] })
    machine.take(poster, second.signed)
    machine.forget()
    machine.take(poster, first.signed)
    machine.take(poster, asked.signed)
    machine.take(poster, asked.signed)
    expect(machine.sent).toEqual(
      [first, asked].map(({ event: { hash } }) => ({ type: 'event_request', hash })),
    )
    expect(machine.happened).toEqual([])
  })

  test('a grant that skips an attempt is refused once the earlier one is here', () => {
    const asked = task()
    const first = grant(6, asked.event.hash, asked.event.hash, 1)
    const third = grant(7, asked.event.hash, first.event.hash, 3)
    const machine = waitsFor({ grant: [asked, third] })
    machine.take(poster, third.signed)
    machine.take(poster, first.signed)
    expect(machine.happened).toEqual([])
  })

  test('an event message above its bound is malformed', () => {
    const fits = { type: 'event', ...task().signed } as const
    expect(decodeMessage(encodeMessage(fits))).toMatchObject({ type: 'event' })
    for (const [part, max] of [
      ['action', limits.event_action_bytes_max],
      ['entry', limits.event_entry_bytes_max],
      ['signature', limits.event_signature_bytes],
    ] as const) {
      const large = { ...fits, [part]: new Uint8Array(max + 1) }
      expect(decodeMessage(encodeMessage(large))).toBeNull()
    }
  })

  test('an event of the largest size fits into its message', () => {
    const agents = Array.from({ length: 64 }, (_, n) => identityOf(`reader ${n}`).agent)
    const bytes = 65_536
    const { event, signed } = task({
      id: 'i'.repeat(64),
      payload_bytes: bytes,
      work: { type: 'model', name: 'n'.repeat(128), digest: 'd'.repeat(64) },
      requirements: {
        ...taskEntry().requirements,
        tags: Array.from({ length: 16 }, (_, n) => `${n}`.padEnd(128, 't')),
      },
      depends_on: Array.from({ length: 32 }, (_, n) => actionHashOf(`task ${n}`)),
      fallback: {
        after_ms: 1_000,
        allow: { type: 'agents', agents },
        payload: {
          type: 'sealed',
          ciphertext: Buffer.alloc(bytes + 16).toString('base64'),
          keys: agents.map((agent) => ({ agent, sealed: '0'.repeat(2 * (2 * 32 + 48)) })),
        },
      },
    })
    expect(decodeMessage(encodeMessage({ type: 'event', ...signed }))).not.toBeNull()
    const machine = waitsFor({ task: event.hash })
    machine.take(poster, signed)
    expect(machine.happened).toMatchObject([{ type: 'task_fetched' }])
  })
})

test('events are given to one peer and to all at a bounded rate', async () => {
  const looks: string[] = []
  const { promise, resolve } = Promise.withResolvers<null>()
  const hands = {
    needs: {
      dht: {
        signed: async (hash: string) => {
          looks.push(hash)
          return promise
        },
      },
    },
    serving: new PeerQuota(serving),
  } as unknown as PeerContext
  const askers = Array.from({ length: 10 }, (_, n) => `peer ${n}`)
  const answers = askers.flatMap((agent) =>
    Array.from({ length: 20 }, (_, n) => serveEvent(agent, `${agent} ${n}`, hands)),
  )
  expect(looks.filter((hash) => hash.startsWith('peer 0 '))).toHaveLength(limits.events_handed_per_peer_max)
  expect(looks).toHaveLength(limits.events_handed_max)
  resolve(null)
  await Promise.all(answers)
  await serveEvent('peer 0', 'later', hands)
  expect(looks.at(-1)).toBe('later')
})
