import { readFile } from 'node:fs/promises'
import { afterAll, expect, onTestFinished, test } from 'vitest'
import { eventData } from '../../host/cli/follow.ts'
import { DEFAULT_MODEL } from '../../host/models/catalogue.ts'
import type { StatusView } from '../../host/operations/context.ts'
import type { StreamEvent } from '../../host/telemetry/catalogue.ts'
import { openMesh } from '../harness/mesh.ts'
import { until } from '../harness/until.ts'
import { WARM_MS } from '../harness/warm-data.ts'

const mesh = await openMesh('events')
afterAll(async () => expect(await mesh.end()).toEqual([]))

test(
  'a daemon streams its machines, models, decisions, tasks and health, and a client returns without a gap',
  async () => {
    const { ready } = await mesh.up('one')
    const token = (await readFile(ready.api.token_file, 'utf8')).trim()
    const got: StreamEvent[] = []
    /** Follows the stream until it ends; the returned function cuts it. */
    const follow = async (headers: Record<string, string>): Promise<() => Promise<void>> => {
      const cut = new AbortController()
      const authorization = `Bearer ${token}`
      const answer = await fetch(`${ready.api.url}/api/events`, {
        headers: { authorization, ...headers },
        signal: cut.signal,
      })
      const read = async (): Promise<void> => {
        if (answer.body === null) return
        for await (const data of eventData(answer.body)) got.push(JSON.parse(data))
      }
      const reading = read().catch(() => {})
      return async () => {
        cut.abort()
        await reading
      }
    }
    const saw = (type: StreamEvent['type']) => until(type, async () => got.some((one) => one.type === type))
    const cut = await follow({})
    const two = await mesh.up('two')
    await saw('peer_seen')
    await cut()
    const last = got.at(-1)?.id ?? ''
    const before = got.splice(0)
    const post = { prompt: 'Name three primes.', max_tokens: 8, wait: true }
    const task = await mesh.call<{ task: string; state: string }>('one', 'task.post', post)
    expect(task.state).toBe('accepted')
    const end = await follow({ 'last-event-id': last })
    onTestFinished(end)
    await saw('task_state')
    const places = [...before, ...got].map(({ id }) => Number(id.split('-')[1]))
    expect(places).toEqual(places.map((_, at) => at + 1))
    const ofTask = got.flatMap((one) =>
      one.type === 'task_state' && one.task === task.task ? [one.state] : [],
    )
    expect(ofTask).toEqual(expect.arrayContaining(['posted', 'granted', 'accepted']))
    expect(got).toContainEqual(
      expect.objectContaining({ type: 'policy_decided', point: 'post', allow: true }),
    )
    expect([...before, ...got].map(({ type }) => type)).toContain('task_text')
    await mesh.call('one', 'model.load', { model: DEFAULT_MODEL })
    await saw('model_loaded')
    await two.end('SIGTERM')
    await saw('peer_gone')
    const { conductor } = await mesh.call<StatusView>('one', 'status')
    const seen = got.length
    process.kill(conductor.pid ?? 0, 'SIGKILL')
    await saw('process_crashed')
    await until('the conductor is back', async () =>
      got.slice(seen).some(({ type }) => type === 'conductor_connected'),
    )
  },
  WARM_MS,
)
