import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import { limits } from '../../../host/limits.ts'
import { forever } from '../../harness/forever.ts'
import { listeningApi, token } from '../api/stub-api.ts'
import { asking } from '../inference/plane.ts'
import { openPlaneWithEnsemble } from './inference-stage.ts'

/** Members of the shipped policy where one model is there. */
const members = 5
const moe = asking({ model: 'ripple/moe' })

describe('as many ensembles as there may be', () => {
  const fitting = Math.floor(limits.asks_max / members)

  test('are answered in full, and the next one is refused before anybody is asked', async () => {
    const { inference, ensemble, paths, ran, release } = await openPlaneWithEnsemble({ hold: true })
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
    const { inference, release } = await openPlaneWithEnsemble({ hold: true })
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
