import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PassThrough } from 'node:stream'
import { expect, it, onTestFinished } from 'vitest'
import { findDaemon } from '../../../host/cli/client.ts'
import { askPresenter } from '../../../host/cli/present/ask.ts'
import { printer } from '../../../host/cli/print.ts'
import { printAnswer } from '../../../host/cli/print-answer.ts'
import { RippleError } from '../../../host/errors/ripple-error.ts'
import type { Context } from '../../../host/operations/context.ts'
import { eventHub } from '../../../host/telemetry/events.ts'
import { silentLog } from '../../../host/telemetry/log.ts'
import { inPieces, StandInInference, serve, untilAborted } from '../api/openai-stand-in.ts'
import { token } from '../api/stub-api.ts'
import { stubContext } from '../api/stub-context.ts'

/** Runs `ripple ask` over the API of a stand-in for the inference plane, and collects its output. */
async function asking(
  inference: StandInInference,
  input: object = {},
  signal = new AbortController().signal,
  hub = eventHub(silentLog, () => 0),
  given: Partial<Context> = {},
) {
  const data = mkdtempSync(join(tmpdir(), 'ripple-ask-'))
  onTestFinished(() => rmSync(data, { recursive: true, force: true }))
  const { url } = await serve(inference, { events: hub, ...given })
  const token_file = join(data, 'api.token')
  writeFileSync(token_file, token)
  writeFileSync(join(data, 'api.json'), JSON.stringify({ url, token_file, pid: process.pid, version: '0' }))
  const [out, err] = [new PassThrough(), new PassThrough()]
  const call = askPresenter.completion({ prompt: 'Why?', ...input })
  if (call === null) throw new TypeError('it does not stream')
  const printed = printAnswer(await findDaemon(data), call, printer({ out, err, colour: 'never' }), signal)
  const said = (stream: PassThrough): (() => string) => {
    let text = ''
    stream.on('data', (piece: Buffer) => {
      text += piece
    })
    return () => text
  }
  return { printed, out: said(out), err: said(err) }
}

it('`ask` prints the answer and its origin', async () => {
  const inference = new StandInInference()
  const input = { model: 'm', max_tokens: 5, seed: 3, key: 'k'.repeat(16), trace_id: 't' }
  const { printed, out, err } = await asking(inference, input)
  await printed
  await expect.poll(out).toBe('Hello world\n')
  await expect
    .poll(err)
    .toBe(
      'SmolLM2-135M-Instruct on uhCAkone: nas has the model loaded\nreceipt /receipts/uhCkktask.receipt\n',
    )
  expect(inference.asked).toMatchObject([
    {
      model: 'm',
      key: 'k'.repeat(16),
      trace_id: 't',
      input: { type: 'text', text: 'Why?', template: 'auto' },
      max_tokens: 5,
      temperature_milli: 0,
      seed: 3,
    },
  ])
})

it('`ask` requests as many tokens as fit, and says when they were too few', async () => {
  const inference = new StandInInference(() => ({ end: { finish: 'length', receipt: null } }))
  const { printed, err } = await asking(inference)
  await printed
  expect(inference.asked[0]).toMatchObject({ model: 'ripple/auto', max_tokens: null })
  await expect
    .poll(err)
    .toBe(
      'cut off at the limit of its tokens: --max-tokens, or the rest of the context\nSmolLM2-135M-Instruct on uhCAkone: nas has the model loaded\n',
    )
})

it('`ask` says what a slow answer waits for until it begins', async () => {
  const begin = Promise.withResolvers<void>()
  const pieces = async function* () {
    await begin.promise
    yield* inPieces('Hello', ' world')
  }
  const hub = eventHub(silentLog, () => 0)
  const tellState = (task_key: string, state: string, peer: string | null): void =>
    hub.emit({ type: 'task_state', task_key, task: 'uhCkk', state, peer })
  const key = 'k'.repeat(16)
  const { printed, out, err } = await asking(
    new StandInInference(() => ({ pieces })),
    { key },
    undefined,
    hub,
  )
  tellState(key, 'posted', null)
  tellState('another', 'failed', null)
  await expect.poll(err, { timeout: 5_000 }).toBe('posted\n')
  tellState(key, 'granted', 'uhCAkone')
  hub.emit({ type: 'task_text', task_key: key, text: 'Hel' })
  await expect.poll(err).toBe('posted\ngranted (uhCAkone…)\n')
  begin.resolve()
  await printed
  await expect.poll(out).toBe('Hello world\n')
  tellState(key, 'accepted', 'uhCAkone')
  expect(err().split('\n')).toHaveLength(5)
})

it('`ask` says once what keeps each machine from the task', async () => {
  const begin = Promise.withResolvers<void>()
  const pieces = async function* () {
    await begin.promise
    yield* inPieces('Hello', ' world')
  }
  const peer = { peer: 'p', self: false, rank: null, codes: [], reason: '', busy_until: null, has: null }
  const answered = (code: string) => ({ code, at: 0, policy_hash: null })
  const peers = [
    { ...peer, name: 'desk', self: true, rank: 0, answered: answered('busy') },
    { ...peer, name: 'nas', codes: ['draining'], answered: null },
    { ...peer, name: 'attic', answered: answered('owner_paused') },
    { ...peer, name: 'phone', codes: ['model_missing'], answered: null },
  ]
  let looks = 0
  const { tasks, policies } = stubContext({})
  const why: Context['tasks']['why'] = async () => {
    looks += 1
    return { id: 'k', state: 'offered', now: null, ended: null, attempts: [], waits_for: [], peers }
  }
  const hub = eventHub(silentLog, () => 0)
  const { printed, out, err } = await asking(new StandInInference(() => ({ pieces })), {}, undefined, hub, {
    tasks: { ...tasks, find: async () => 'uhCkktask', why },
    policies: { ...policies, about: async () => [] },
  })
  await expect.poll(() => looks, { timeout: 10_000 }).toBe(2)
  begin.resolve()
  await printed
  await expect.poll(out).toBe('Hello world\n')
  const waiting = err()
    .split('\n')
    .filter((line) => line.startsWith('it waits'))
  expect(waiting).toEqual([
    'it waits: desk (this one) has no place free; nas is draining; attic is paused by its owner',
  ])
})

it.each([
  ['before it begins', false],
  ['in the middle', true],
])('`ask` reports an error %s as the daemon does', async (_when, later) => {
  const refusal = new RippleError('RIPPLE_MODEL_NOT_FOUND', { model: 'm', nearest: 'n' })
  const fail = () => {
    throw refusal
  }
  const pieces = async function* () {
    yield* inPieces('Hel')
    fail()
  }
  const inference = new StandInInference(later ? () => ({ pieces }) : fail)
  const { printed, out } = await asking(inference)
  await expect(printed).rejects.toMatchObject({ code: refusal.code, facts: refusal.facts, exit: 2 })
  await expect.poll(out).toBe(later ? 'Hel\n' : '')
})

it('`ask` ends its run when it is interrupted', async () => {
  const inference = new StandInInference(() => ({ pieces: untilAborted }))
  const enough = new AbortController()
  const { printed, out } = await asking(inference, {}, enough.signal)
  const ended = expect(printed).rejects.toMatchObject({ code: 'RIPPLE_INTERRUPTED' })
  await expect.poll(out).toBe('Hello')
  enough.abort(new RippleError('RIPPLE_INTERRUPTED'))
  await ended
  await expect.poll(() => inference.signals[0]?.aborted).toBe(true)
})
