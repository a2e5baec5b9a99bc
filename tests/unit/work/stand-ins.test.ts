import { expect, test, vi } from 'vitest'
import type { FallbackRequest } from '../../../host/work/poster/fallback.ts'
import { forever } from '../../harness/forever.ts'
import { cardOf, modelDigest } from '../../harness/sim/card.ts'
import { play, request, stage } from './stage.ts'

/** A poster that has the model itself, and knows one other machine, which has these models. */
async function laptop(models: readonly string[]) {
  const world = stage(2)
  const [first, second] = world.daemons
  if (!first || !second) throw new RangeError('too few machines')
  const work = await play(world, first.up())
  const nas = second.machine.agent
  const card = cardOf(nas, { name: 'nas', models })
  const known = first.machine.peers.bind(first.machine)
  vi.spyOn(first.machine, 'peers').mockImplementation(() =>
    known().map((peer) => (peer.agent === nas ? { ...peer, card } : peer)),
  )
  first.peersChanged()
  const post = (named: boolean, force: boolean) => {
    const fallback: FallbackRequest = { after_ms: 60_000, allow: [{ agent: nas, publicKey: null }], named }
    return play(world, work.post(request({ sensitivity: 'public', fallback, force }), forever))
  }
  return { nas, work, post }
}

test('a named stand-in that can run the task is listed', async () => {
  const { nas, work, post } = await laptop([modelDigest])
  const { task } = await post(true, false)
  expect(work.standIns(task)).toEqual([nas])
})

test('a post that names a stand-in unable to run it is refused unless forced', async () => {
  const { work, post } = await laptop([])
  await expect(post(true, false)).rejects.toMatchObject({
    code: 'RIPPLE_FALLBACK_INFEASIBLE',
    facts: { peer: 'nas', detail: 'the model sim (it has no model)' },
  })
  expect(work.list()).toEqual([])
  const { task } = await post(true, true)
  expect(work.standIns(task)).toEqual([])
})

test('a known machine that cannot run the task does not stop its post', async () => {
  const { work, post } = await laptop([])
  const { task } = await post(false, false)
  expect(work.standIns(task)).toEqual([])
})
