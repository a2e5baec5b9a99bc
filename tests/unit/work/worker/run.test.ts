import { expect, test } from 'vitest'
import type { RunJob } from '../../../../host/engine/port.ts'
import { RippleError } from '../../../../host/errors/ripple-error.ts'
import type { MeshInput } from '../../../../host/mesh/state/input.ts'
import { plainPrompt } from '../../../../host/types/inference.ts'
import type { Message, TokensMessage } from '../../../../host/types/message.ts'
import { systemClock, systemRandom } from '../../../../host/work/context/clock.ts'
import type { LoopContext } from '../../../../host/work/context/context.ts'
import { HeadStarts } from '../../../../host/work/context/head-start.ts'
import { encodePayload } from '../../../../host/work/context/payload.ts'
import { sealReady } from '../../../../host/work/context/seal.ts'
import { run } from '../../../../host/work/worker/run.ts'
import { MemoryJournal } from '../../../harness/doubles/memory-journal.ts'
import { standInGate } from '../../../harness/sim/gate.ts'
import { grantEvent, heldOf, stateAfter, taskEvent } from '../../mesh/fixtures.ts'

const parameters = { max_tokens: 8, temperature_milli: 0, top_p_milli: 1000, top_k: 0, context_tokens: 512 }

/** Runs a job with the given engine, and collects its stream and its reports. */
async function streamOf(work: (job: RunJob, said: readonly string[]) => Promise<string>) {
  await sealReady()
  const grant = grantEvent(1, 'self')
  const payload = encodePayload(plainPrompt('Say something.', { parameters, seed: 1 }))
  const held = { ...heldOf(grant, taskEvent(), 'poster'), payload }
  const state = { ...stateAfter([]), held: new Map([[grant.hash, held]]) }
  const sent: TokensMessage[] = []
  const failed: (string | null)[] = []
  const said: string[] = []
  let ends = 0
  const usage = { tokens_in: 1, tokens_out: 1, cpu_ms: 0, wall_ms: 0, peak_rss_bytes: 0 }
  const hands = {
    bounds: { tokens_every_ms: 0, tokens_told_ms: 1_000 },
    needs: {
      clock: systemClock,
      random: systemRandom,
      dht: { agent: 'self' },
      gate: standInGate(systemClock, 'one seed'),
      journal: new MemoryJournal(),
      messages: {
        stream: () => ({
          write: (piece: TokensMessage) => void sent.push(piece),
          end: () => {
            ends += 1
          },
        }),
      },
      engine: {
        run: async (job: RunJob) => ({
          text: await work(job, said),
          finish: 'stop',
          usage,
          template_digest: null,
        }),
      },
    },
    signal: new AbortController().signal,
    headStarts: new HeadStarts(),
    runs: new Map(),
    state: () => state,
    dispatch: (input: MeshInput) => {
      if (input.type === 'run_finished') failed.push(input.run.failed)
    },
    send: async (_to: string, { type }: Message) => void said.push(type),
    record: () => undefined,
    failpoint: () => undefined,
  }
  await run(grant.hash, hands as unknown as LoopContext)
  return { sent: sent.map(({ text, last }) => [text, last]), ends, failed, said }
}

test('a run ends its stream with its last piece', async () => {
  const answered = await streamOf(async ({ onText }) => {
    onText('all', 1)
    return 'all'
  })
  expect(answered).toMatchObject({
    sent: [
      ['all', false],
      ['', true],
    ],
    ends: 1,
    failed: [null],
  })
})

test('a run reports its start once it has its model, and once only', async () => {
  let before: readonly string[] | null = null
  const { said } = await streamOf(async ({ onRead, onText }, heard) => {
    before = [...heard]
    for (const tokens of [0, 128, 256]) onRead?.(tokens)
    onText('all', 1)
    return 'all'
  })
  expect([before, said]).toEqual([[], ['started']])
})

test('a run that fails before it has its model reports the failure, not a start', async () => {
  const { said, failed } = await streamOf(async () => {
    throw new RippleError('RIPPLE_MODEL_MEMORY', { model: 'm', detail: 'it was told to' })
  })
  expect([said, failed]).toEqual([[], ['model_memory']])
})

test('a run that fails in mid-answer ends its stream without a last piece', async () => {
  const broken = await streamOf(async ({ onText }) => {
    onText('half', 1)
    throw new RippleError('RIPPLE_ENGINE_CRASHED', { detail: 'it was told to' })
  })
  expect(broken).toMatchObject({ sent: [['half', false]], ends: 1, failed: ['engine_crashed'] })
})
