import { expect, test } from 'vitest'
import { pullModelHere } from '../../../../host/daemon/command/pull-model.ts'
import { RippleError } from '../../../../host/errors/ripple-error.ts'
import type { ModelView } from '../../../../host/operations/context.ts'

const { signal } = new AbortController()
const model: ModelView = {
  name: 'Tiny',
  sha256: 'a'.repeat(64),
  bytes: 7,
  licence: 'MIT',
  context_tokens: 2_048,
  present: true,
  path: '/cache/tiny.gguf',
  loaded: false,
  memory_bytes: null,
  running: 0,
  pulling: null,
  pull_as: null,
  pull_problem: null,
  part_bytes: 0,
  indexing: false,
  problem: null,
}
const MIB = 1024 * 1024
const noDaemon = async (): Promise<never> => {
  throw new RippleError('RIPPLE_NO_DAEMON', { data: '' })
}
const unused = async (): Promise<never> => {
  throw new RippleError('RIPPLE_INTERNAL', { detail: 'not to be called' })
}

test('a running daemon pulls the model, and its progress is reported', async () => {
  const said: string[] = []
  const pulled = Promise.withResolvers<ModelView>()
  let bytes = 0
  const call = async (name: string): Promise<unknown> => {
    if (name === 'model.pull') return pulled.promise
    bytes += 50 * MIB
    return { models: [{ ...model, pulling: { bytes, total: 100 * MIB, source: 'peers' } }] }
  }
  let sleeps = 0
  const clock = {
    sleep: async (_ms: number, stop: AbortSignal): Promise<void> => {
      sleeps += 1
      if (sleeps === 3) pulled.resolve(model)
      if (sleeps >= 3) await new Promise((_, reject) => stop.addEventListener('abort', reject))
    },
  }
  const say = (line: string): void => void said.push(line)
  const here = { connect: async () => ({ call }), alone: unused, say, clock }
  expect(await pullModelHere('tiny', here, signal)).toEqual(model)
  expect(said[0]).toBe('peers: 50 of 100 MiB (50 %)')
})

test('a pull without a daemon runs in this process', async () => {
  const here = { connect: noDaemon, alone: async () => model, say: () => {}, clock: { sleep: unused } }
  expect(await pullModelHere('tiny', here, signal)).toEqual(model)
})

test("a daemon's refusal of a pull is reported, not bypassed", async () => {
  const call = async (): Promise<never> => {
    throw new RippleError('RIPPLE_DISK_SHORT', {})
  }
  const here = { connect: async () => ({ call }), alone: unused, say: () => {}, clock: { sleep: unused } }
  await expect(pullModelHere('tiny', here, signal)).rejects.toMatchObject({ code: 'RIPPLE_DISK_SHORT' })
})
