import { expect, test } from 'vitest'
import { sha256Hex } from '../../../host/codec/digest.ts'
import type { MeshInput } from '../../../host/mesh/state/input.ts'
import { plainPrompt } from '../../../host/types/inference.ts'
import type { StandInContext } from '../../../host/work/context/context.ts'
import { encodePayload } from '../../../host/work/context/payload.ts'
import { openPayload } from '../../../host/work/standby/stand-in.ts'
import { taskEvent } from '../mesh/fixtures.ts'

const salt = new Uint8Array(32)
const parameters = { max_tokens: 1, temperature_milli: 0, top_p_milli: 1_000, top_k: 0, context_tokens: 512 }
const good = encodePayload(plainPrompt('Say something.', { parameters, seed: 1 }))

/** Opens a payload that was published in the clear, under a claim or under a grant. */
async function opened(payload: Uint8Array, fallback: boolean): Promise<string[]> {
  const text = new TextDecoder().decode(payload)
  const published = { type: 'clear', salt: Buffer.from(salt).toString('hex'), text } as const
  const event = taskEvent({
    payload_digest: sha256Hex(salt, payload),
    fallback: { after_ms: 1, allow: { type: 'any' }, payload: published },
  })
  const held = {
    taskEvent: event,
    fallback,
    task: 'task',
    attempt: 1,
    poster: 'poster',
    result: null,
    ended: null,
  }
  const happened: string[] = []
  const hands = {
    state: () => ({ held: new Map([['claim', held]]) }),
    needs: { dht: { agent: 'self' }, openBox: () => null, journal: { delete: async () => {} } },
    send: async (_to: string, { type }: { type: string }) => void happened.push(type),
    dispatch: ({ type }: MeshInput) => void happened.push(type),
    record: () => undefined,
  }
  await openPayload('claim', hands as unknown as StandInContext)
  return happened
}

test('a valid payload opens and arrives', async () => {
  expect(await opened(good, true)).toEqual(['payload_arrived'])
})

test('a claim of an invalid payload is released, and a grant waits for its poster', async () => {
  expect(await opened(new TextEncoder().encode('no payload'), true)).toEqual(['released', 'settled'])
  expect(await opened(new TextEncoder().encode('no payload'), false)).toEqual([])
})
