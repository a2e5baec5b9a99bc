import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openRules } from '../../host/rules/rules.ts'
import { sha256Hex } from '../harness/sha256.ts'
import { arrives, judged, Scene, type ScenePeer } from '../harness/tryorama/scene.ts'
import { close, grant, result, task } from './entries.ts'

/** Time to start two conductors, in milliseconds: a busy machine compiles slowly. */
const START_MS = 600_000
/** A bound that is soon reached: genesis and the first call write some actions of the conductor's own. */
const SMALL_MAX_SEQ = 12

const roles = ['resource_mesh']
const signal = AbortSignal.timeout(START_MS)

describe('a task of two peers', () => {
  let scene: Scene
  let poster: ScenePeer
  let worker: ScenePeer
  /** An agent who writes what it wants in a network with a small bound, and one who judges it. */
  let full: { writer: ScenePeer; judge: ScenePeer }

  beforeAll(async () => {
    scene = await Scene.open()
    const [one, other] = [await scene.conductor('honest'), await scene.conductor('trusting')]
    poster = await scene.join(one, { roles })
    worker = await scene.join(other, { roles })
    const small = { roles, maxActionSeq: SMALL_MAX_SEQ }
    full = { judge: await scene.join(one, small), writer: await scene.join(other, small) }
    await scene.meet(poster, worker)
    await scene.meet(full.judge, full.writer)
  }, START_MS)

  afterAll(() => scene?.[Symbol.asyncDispose]())

  /** Writes a task and its first grant and waits until the worker has both. */
  async function granted(id: string): Promise<{ about: string; first: string }> {
    const { scheduling } = poster.mesh
    const { hash: about } = await scheduling.commit(task(poster.dnaHash, { id }), signal)
    const { hash: first } = await scheduling.commit(grant(poster.dnaHash, about, worker.agent), signal)
    await arrives('the grant', () => worker.mesh.scheduling.getEvent(first, signal))
    return { about, first }
  }

  /** Writes a result and waits until the poster finds it under the task. */
  async function delivered(about: string, first: string): Promise<string> {
    const { hash: done } = await worker.mesh.scheduling.commit(result(worker.dnaHash, about, first), signal)
    await arrives('the result', async () => {
      const found = await poster.mesh.scheduling.taskResults(about, signal)
      return found.find(({ hash }) => hash === done)
    })
    return done
  }

  test('post, grant, result and close of a task reach both peers', async () => {
    const { about, first } = await granted('whole-task-000001')
    const done = await delivered(about, first)
    const { hash: end } = await poster.mesh.scheduling.commit(
      close(poster.dnaHash, about, first, done),
      signal,
    )
    const seen = await arrives('the close', async () => {
      const closes = await worker.mesh.scheduling.taskCloses(about, signal)
      return closes[0]
    })
    expect(seen).toMatchObject({ hash: end, author: poster.agent })
    // The link that names the close and the place on its author's chain are two operations, and arrive one by one.
    const events = await arrives('the place of the close on its chain', async () => {
      const listed = await worker.mesh.scheduling.eventsBy(poster.agent, about, signal)
      return listed.length === 2 ? listed : null
    })
    expect(events.map(({ hash }) => hash)).toEqual([first, end])
    const own = await poster.mesh.scheduling.ownEvents(0, signal)
    expect(own.map(({ hash }) => hash)).toEqual([about, first, end])
  })

  test('the cost of a result is counted, and its bytes carry a signature', async () => {
    const { about, first } = await granted('whole-task-000002')
    const done = await delivered(about, first)
    const sum = await poster.mesh.accounting.usage(
      { type: 'task', task: about, author: worker.agent },
      signal,
    )
    expect(sum).toMatchObject({ results: 1, usage: { tokens_in: 3, tokens_out: 5 } })
    const signed = await poster.mesh.scheduling.signed(done, signal)
    expect(signed?.signature).toHaveLength(64)
    await arrives('a receipt of the poster', async () => {
      const holders = await worker.mesh.scheduling.holders(done, signal)
      return holders > 0 ? holders : null
    })
  })

  test('two grants after one event are both valid, and all peers resolve them alike', async () => {
    const { about, first } = await granted('whole-task-000003')
    const { scheduling } = poster.mesh
    const { hash: second } = await scheduling.commit(grant(poster.dnaHash, about, poster.agent), signal)
    expect(await judged(worker, second, poster.agent)).toBe('valid')
    const seen = await arrives('both grants', async () => {
      const events = await worker.mesh.scheduling.eventsBy(poster.agent, about, signal)
      return events.length === 2 ? events : null
    })
    const own = await scheduling.eventsBy(poster.agent, about, signal)
    expect(seen).toEqual(own)
    expect(seen.map(({ hash }) => hash)).toEqual([first, second])
    const rules = await openRules()
    const origin = await worker.mesh.scheduling.getEvent(about, signal)
    if (origin === null) throw new TypeError('the task has arrived with its grants')
    const byWorker = rules.resolve(about, [...seen.toReversed(), origin])
    expect(byWorker).toEqual(rules.resolve(about, [origin, ...own]))
    expect(byWorker).toMatchObject({ path: [about, first], siblings: [second] })
  })

  test('a task with fallback is found by its bucket', async () => {
    const [salt, text] = ['07'.repeat(32), 'a payload for everybody']
    const entry = task(poster.dnaHash, {
      id: 'fallback-task-0001',
      sensitivity: 'public',
      payload_digest: sha256Hex(Buffer.from(salt, 'hex'), text),
      payload_bytes: text.length,
      fallback: { after_ms: 60_000, allow: { type: 'any' }, payload: { type: 'clear', salt, text } },
    })
    const { hash: about } = await poster.mesh.scheduling.commit(entry, signal)
    const bucket = Math.floor(entry.created_at / 600_000)
    const found = await arrives('the task in its bucket', async () => {
      const page = { bucket, after: null, most: 10 }
      const tasks = await worker.mesh.scheduling.openFallbackTasks(page, signal)
      return tasks[0]
    })
    expect(found).toMatchObject({ task: about, author: poster.agent })
    const further = { bucket, after: found, most: 10 }
    expect(await worker.mesh.scheduling.openFallbackTasks(further, signal)).toEqual([])
  })

  test('bytes that are passed on arrive as a signal with their sender', async () => {
    const heard = new Promise<{ bytes: Uint8Array }>((resolve) => {
      worker.appWs.on('signal', (said) => {
        if (said.type === 'app') resolve(said.value.payload as { bytes: Uint8Array })
      })
    })
    await poster.mesh.scheduling.passOn(worker.agent, new Uint8Array([1, 2, 3]), signal)
    const message = await heard
    expect(message).toMatchObject({ type: 'message', from: poster.agent })
    expect([...message.bytes]).toEqual([1, 2, 3])
  })

  test('a share of a resource offer is allocated once and ends by itself', async () => {
    const none = { cpu_cores: 0, memory_mib: 0, disk_mib: 0, gpu_count: 0, vram_mib: 0, tags: [] }
    const { resources } = poster.mesh
    const capacity = { ...none, cpu_cores: 4 }
    const offered = {
      dna_hash: poster.dnaHash,
      resource_type: 'compute' as const,
      capacity,
      price_milli: null,
      expires_at: 2_000,
    }
    const offer = await resources.offer(offered, signal)
    const share = {
      dna_hash: poster.dnaHash,
      allocation_id: 'allocation-000001',
      offer,
      holder: worker.agent,
      share: { ...none, cpu_cores: 1 },
      endpoint: '/ip4/127.0.0.1/tcp/1',
      expires_at: 1_000,
    }
    const given = await resources.allocate(share, signal)
    expect(await resources.allocate(share, signal)).toBe(given)
    const at = (now: number) => worker.mesh.resources.allocations({ agent: poster.agent, now }, signal)
    await arrives('the share', async () => (await at(500))[0])
    expect(await at(1_500)).toEqual([])
    const tooMuch = { ...share, allocation_id: 'allocation-000002', share: { ...none, cpu_cores: 5 } }
    await expect(resources.allocate(tooMuch, signal)).rejects.toThrow()
  })

  test('validation refuses every action above the bound of action_seq', async () => {
    const { writer, judge } = full
    const first = await writer.raw<string>('raw_entry', task(writer.dnaHash))
    expect(await judged(judge, first, writer.agent)).toBe('valid')
    const written: string[] = []
    for (let n = 0; n < SMALL_MAX_SEQ; n += 1) {
      const entry = task(writer.dnaHash, { id: `above-the-bound-${n}` })
      written.push(await writer.raw<string>('raw_entry', entry))
    }
    // An author with a warrant for the first event above the bound is ignored from then on.
    expect(await judged(judge, written.at(-1) ?? '', writer.agent, written)).toBe('refused')
  })
})
