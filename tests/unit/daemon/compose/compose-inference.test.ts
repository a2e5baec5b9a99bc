import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import OpenAI from 'openai'
import { describe, expect, onTestFinished, test } from 'vitest'
import { RippleError } from '../../../../host/errors/ripple-error.ts'
import { limits } from '../../../../host/limits.ts'
import { forever } from '../../../harness/forever.ts'
import { rippleIn } from '../../api/openai-stand-in.ts'
import { listeningApi, token } from '../../api/stub-api.ts'
import { digest } from '../../ensemble/stand-in.ts'
import { asking } from '../../inference/plane.ts'
import { file, openStage, winningCard } from '../inference-stage.ts'

/** Members of the shipped policy where one model is there. */
const members = 5
const moe = asking({ model: 'ripple/moe' })

describe('ensembles up to the bound', () => {
  const fitting = Math.floor(limits.asks_max / members)

  test('an ensemble beyond the places waits until all its members have one', async () => {
    const { inference, ensemble, paths, ran, release } = await openStage({ hold: true })
    const begun = await Promise.all(Array.from({ length: fitting }, () => inference.ask(moe, forever)))
    const gone = new AbortController()
    const ended = inference.ask(moe, gone.signal)
    const query = { input: moe.input as { type: 'text'; text: string; template: 'auto' } }
    const asked = { ...query, task_type: 'general', policy: null, require_consensus: false } as const
    const rest = { format: null, max_tokens: 4, stop: [], members: null, seed: null, trace_id: null }
    const next = ensemble.query({ ...asked, ...rest }, forever)
    await new Promise(setImmediate)
    expect(ran).toHaveLength(fitting * members)
    gone.abort(new RippleError('RIPPLE_INTERRUPTED'))
    await expect(ended).rejects.toMatchObject({ code: 'RIPPLE_INTERRUPTED' })
    release()
    for (const { end, trace_id } of begun) {
      expect((await end).route).toBe('ensemble')
      const { members: all } = await ensemble.show(trace_id)
      expect(all.filter(({ tier }) => tier === 'local').map(({ outcome }) => outcome)).toEqual(
        Array(members).fill('answered'),
      )
    }
    expect((await next).response).toEqual(expect.any(String))
    expect(readdirSync(join(paths.ensemble, 'records'))).toHaveLength(fitting + 1)
  })

  test.each([false, true])(
    'ensembles beyond the queue get a retry time by its length, streaming: %s',
    async (stream) => {
      const { inference, release } = await openStage({ hold: true })
      const { app, url } = await listeningApi({ inference })
      onTestFinished(() => app.close())
      const waiting = Math.floor(limits.asks_waiting_max / members)
      const all = Array.from({ length: fitting + waiting }, () => inference.ask(moe, forever))
      const refused = await fetch(`${url}/v1/chat/completions`, {
        method: 'POST',
        headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
        body: JSON.stringify({ model: 'ripple/moe', messages: [{ role: 'user', content: 'Hi' }], stream }),
      })
      const { error } = (await refused.json()) as { error: { code: string } }
      expect([refused.status, error.code]).toEqual([429, 'rate_limit_exceeded'])
      expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(limits.busy_retry_after_s)
      release()
      for (const one of all) await (await one).end
    },
  )
})

describe('100 asks at once from one client', () => {
  test('100 simultaneous asks of one client are all answered', async () => {
    const { inference, ran, release } = await openStage({ hold: true })
    const { app, url } = await listeningApi({ inference })
    onTestFinished(() => app.close())
    const client = new OpenAI({ baseURL: `${url}/v1`, apiKey: token, maxRetries: 0 })
    const messages = [{ role: 'user' as const, content: 'Hi' }]
    const asked = Array.from({ length: 100 }, () =>
      client.chat.completions.create({ model: 'sim', messages }),
    )
    await expect.poll(() => ran.length).toBe(limits.asks_max)
    release()
    const answers = await Promise.all(asked)
    expect(answers.every(({ choices }) => choices[0]?.message.content)).toBe(true)
    expect([answers.length, ran.length]).toEqual([100, 100])
  })
})

test('ripple/moe asks its members the same for the same key', async () => {
  const { inference, ran } = await openStage()
  const seeds = async (key: string | null) => {
    const before = ran.length
    const { id, end } = await inference.ask({ ...moe, key }, forever)
    if (key !== null) expect(id).toBe(key)
    await end
    return ran.slice(before).map(({ seed }) => seed)
  }
  const first = await seeds('k'.repeat(16))
  expect(new Set(first).size).toBe(members)
  expect(await seeds('k'.repeat(16))).toEqual(first)
  expect(await seeds('l'.repeat(16))).not.toEqual(first)
  expect(await seeds(null)).not.toEqual(await seeds(null))
})

describe('ripple/auto', () => {
  const auto = asking({ model: 'ripple/auto' })

  test('ripple/auto is one model without a score card, and says so', async () => {
    const { inference, ran } = await openStage()
    const { route, model, why } = await (await inference.ask(auto, forever)).end
    expect([route, model, ran.length]).toEqual(['local', 'sim', 1])
    expect(why).toBe(
      "one model answers, the first one by the policy: no score card is about 'general' in chats",
    )
  })

  test("ripple/auto is the best model of a valid card, else the policy's first", async () => {
    const others = [...'1234'].map((hex) => ({ ...file, name: `m${hex}`, sha256: digest(hex) }))
    const stage = await openStage({ files: [...others, file] })
    const answer = async () => {
      const { model, why } = await (await stage.inference.ask(auto, forever)).end
      return [model, why]
    }
    expect(await answer()).toEqual(['m1', expect.stringContaining('the first one by the policy')])
    await winningCard('general', stage, false)
    expect(await answer()).toEqual(['sim', expect.stringContaining('the best one by the score card')])
  })

  test('ripple/auto is the ensemble that a signed card has measured, without providers', async () => {
    const stage = await openStage()
    await winningCard('general', stage)
    const { end, trace_id } = await stage.inference.ask(auto, forever)
    const { route, model, why, text } = await end
    expect([route, model, stage.ran.length, stage.beyond]).toEqual(['ensemble', 'ripple/moe', members, []])
    expect(why).toMatch(
      /^the ensemble wins at 'general' in chats: 100 % against 0 % .*; 5 samples of one model were asked/,
    )
    const record = await stage.ensemble.show(trace_id)
    expect(record).toMatchObject({ cloud: 'off', response: text })
    // A client that names the ensemble gets all of it.
    const named = await (await stage.inference.ask(moe, forever)).end
    expect([named.why.startsWith('the ensemble wins'), stage.beyond.length]).toEqual([false, 1])
  })

  test("ripple/auto follows the task type in a request's metadata", async () => {
    const stage = await openStage()
    await winningCard('reasoning', stage)
    const { app, url } = await listeningApi({ inference: stage.inference })
    onTestFinished(() => app.close())
    const client = new OpenAI({ baseURL: `${url}/v1`, apiKey: token, maxRetries: 0 })
    const messages = [{ role: 'user' as const, content: 'What is 12 times 12?' }]
    const answerTo = async (metadata: Record<string, string>) =>
      client.chat.completions.create({ model: 'ripple/auto', messages, metadata })
    expect(rippleIn(await answerTo({}))).toMatchObject({ route: 'local' })
    expect(rippleIn(await answerTo({ task_type: 'reasoning' }))).toMatchObject({
      route: 'ensemble',
      why: expect.stringMatching(/^the ensemble wins at 'reasoning'/),
      ignored: [],
    })
    expect(rippleIn(await answerTo({ task_type: 'review' }))).toMatchObject({
      route: 'local',
      why: "one model answers, the first one by the policy: no score card is about 'review' in chats",
    })
    await expect(answerTo({ task_type: 'poem' })).rejects.toMatchObject({
      status: 400,
      param: 'metadata.task_type',
    })
  })

  test('ripple/auto is one model if the card is for other tasks or models or was changed', async () => {
    const stage = await openStage()
    const whyNow = async () => (await (await stage.inference.ask(auto, forever)).end).why
    await winningCard('review', stage)
    expect(await whyNow()).toContain("no score card is about 'general'")
    const card = await winningCard('general', stage)
    writeFileSync(card, readFileSync(card, 'utf8').replace('"accuracy": 0', '"accuracy": 0.5'))
    expect(await whyNow()).toContain("no score card is about 'general'")
    expect(stage.ran).toHaveLength(2)
  })
})
