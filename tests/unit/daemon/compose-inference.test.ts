import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import OpenAI from 'openai'
import { describe, expect, onTestFinished, test } from 'vitest'
import { limits } from '../../../host/limits.ts'
import { forever } from '../../harness/forever.ts'
import { rippleIn } from '../api/openai-stand-in.ts'
import { listeningApi, token } from '../api/stub-api.ts'
import { digest } from '../ensemble/stand-in.ts'
import { asking } from '../inference/plane.ts'
import { file, openStage, winningCard } from './inference-stage.ts'

/** Members of the shipped policy where one model is there. */
const members = 5
const moe = asking({ model: 'ripple/moe' })

describe('as many ensembles as there may be', () => {
  const fitting = Math.floor(limits.asks_max / members)

  test('are answered in full, and the next one is refused before anybody is asked', async () => {
    const { inference, ensemble, paths, ran, release } = await openStage({ hold: true })
    const begun = await Promise.all(Array.from({ length: fitting }, () => inference.ask(moe, forever)))
    const busy = { code: 'RIPPLE_BUSY', http: 429, facts: { retry_after_s: limits.busy_retry_after_s } }
    await expect(inference.ask(moe, forever)).rejects.toMatchObject(busy)
    const query = { input: moe.input as { type: 'text'; text: string; template: 'auto' } }
    const asked = { ...query, task_type: 'general', policy: null, require_consensus: false } as const
    const rest = { format: null, max_tokens: 4, stop: [], members: null, seed: null, trace_id: null }
    await expect(ensemble.query({ ...asked, ...rest }, forever)).rejects.toMatchObject(busy)
    expect(ran).toHaveLength(fitting * members)
    release()
    for (const { end, trace_id } of begun) {
      expect((await end).route).toBe('ensemble')
      const { members: all } = await ensemble.show(trace_id)
      expect(all.filter(({ tier }) => tier === 'local').map(({ outcome }) => outcome)).toEqual(
        Array(members).fill('answered'),
      )
    }
    expect(readdirSync(join(paths.ensemble, 'records'))).toHaveLength(fitting)
    expect((await ensemble.query({ ...asked, ...rest }, forever)).response).toEqual(expect.any(String))
  })

  test.each([false, true])('and a client hears when to come again, streaming: %s', async (stream) => {
    const { inference, release } = await openStage({ hold: true })
    const { app, url } = await listeningApi({ inference })
    onTestFinished(() => app.close())
    const begun = await Promise.all(Array.from({ length: fitting }, () => inference.ask(moe, forever)))
    const refused = await fetch(`${url}/v1/chat/completions`, {
      method: 'POST',
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      body: JSON.stringify({ model: 'ripple/moe', messages: [{ role: 'user', content: 'Hi' }], stream }),
    })
    const { error } = (await refused.json()) as { error: { code: string } }
    expect([refused.status, refused.headers.get('retry-after'), error.code]).toEqual([
      429,
      String(limits.busy_retry_after_s),
      'rate_limit_exceeded',
    ])
    release()
    await Promise.all(begun.map(({ end }) => end))
  })
})

test('ripple/moe asks its members for the same where the key is the same', async () => {
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

  test('is one model where no score card is there, and says so', async () => {
    const { inference, ran } = await openStage()
    const { route, model, why } = await (await inference.ask(auto, forever)).end
    expect([route, model, ran.length]).toEqual(['local', 'sim', 1])
    expect(why).toBe(
      "one model answers, the first one by the policy: no score card is about 'general' in chats",
    )
  })

  test('is the model that a card which counts has measured as the best, else the first by the policy, and says which', async () => {
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

  test('is the ensemble that a signed card has measured, without providers, and says so', async () => {
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
    // Who names the ensemble gets all of it.
    const named = await (await stage.inference.ask(moe, forever)).end
    expect([named.why.startsWith('the ensemble wins'), stage.beyond.length]).toEqual([false, 1])
  })

  test('goes by the kind of task that the metadata of a request names', async () => {
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

  test('is one model where the card is of another kind of task, of other models, or changed since', async () => {
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
