import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished, test } from 'vitest'
import { z } from 'zod'
import { answerAsk } from '../../../host/ensemble/answer-ask.ts'
import type { Signer } from '../../../host/ensemble/cards/sign-card.ts'
import { type Ensemble, openEnsemble } from '../../../host/ensemble/ensemble.ts'
import { loadPolicies } from '../../../host/ensemble/members/load-policy.ts'
import type { Random } from '../../../host/types/clock.ts'
import { systemRandom } from '../../../host/work/context/clock.ts'
import { forever } from '../../harness/forever.ts'
import { asking, openPlane, type Plane } from '../inference/plane.ts'
import { play } from '../work/stage.ts'
import { peer, standInGate } from './stand-in.ts'

const key = 'one-and-the-same-key'
const named = { by: 'name', why: '' } as const

/** Opens the ensemble of a poster and two machines that run its tasks by the real work loop, in simulated time. */
async function opened(
  random: Random = systemRandom,
): Promise<{ plane: Plane; ensemble: Ensemble; busy: { held_grants: number } }> {
  const plane = await openPlane(2)
  const folder = mkdtempSync(join(tmpdir(), 'ripple-keyed-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  // The first machine may be told to be busy, which would change who is asked first.
  const busy = { held_grants: 0 }
  const agents = plane.workers.map(({ machine }) => machine.agent)
  const ensemble = openEnsemble({
    agent: plane.poster.machine.agent,
    inference: plane.inference,
    gate: standInGate(),
    canChat: () => true,
    peers: () => agents.map((agent, at) => ({ ...peer('a', at === 0 ? busy : {}), agent })),
    cloud: null,
    now: () => plane.world.clock.now(),
    sleep: (ms, signal) => plane.world.clock.sleep(ms, signal),
    policies: loadPolicies(),
    signer: { agent: '', public_key: '' } as Signer,
    random,
    folder,
    tell: () => {},
  })
  return { plane, ensemble, busy }
}

describe('ripple/moe with an idempotency key', () => {
  it("a repeated ensemble query with a key finds its members' tasks, whoever is busy", async () => {
    const { plane, ensemble, busy } = await opened()
    const answer = async (changes = {}) => {
      const ask = asking({ model: 'ripple/moe', key, task_type: 'code_generation', ...changes })
      const { end } = await answerAsk(ensemble, ask, named, forever)
      return end
    }
    const first = await play(plane.world, answer())
    const closed = async () => (await plane.work.newestClosed(100)).length
    expect([plane.honest.length, await closed(), first.receipts?.length]).toEqual([5, 5, 5])
    busy.held_grants = 3
    const again = await play(plane.world, answer())
    expect([plane.honest.length, await closed()]).toEqual([5, 5])
    expect([again.text, again.receipts]).toEqual([first.text, first.receipts])
    const input = { type: 'text', text: 'Something else.', template: 'auto' } as const
    await expect(play(plane.world, answer({ input }))).rejects.toMatchObject({
      code: 'RIPPLE_TASK_CONFLICT',
      http: 409,
      facts: { id: key },
    })
    await play(plane.world, answer({ key: null }))
    expect(plane.honest.length).toBe(10)
  })
})

test('a question without a trace gets a UUID, which providers receive', async () => {
  for (const byte of [0x00, 0xff, 0xa5]) {
    const { plane, ensemble } = await opened({ bytes: (length) => new Uint8Array(length).fill(byte) })
    const input = { type: 'text', text: 'Name a river.', template: 'auto' } as const
    const unsaid = { format: null, policy: null, members: null, seed: null, trace_id: null, stop: [] }
    const query = {
      ...unsaid,
      input,
      max_tokens: 16,
      task_type: 'code_generation',
      require_consensus: false,
    } as const
    const { trace_id } = await play(plane.world, ensemble.query(query, forever))
    expect(z.uuidv4().safeParse(trace_id).success).toBe(true)
  }
})
