import type { Conductor } from '@holochain/tryorama'
import { encode } from '@msgpack/msgpack'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { arrives, judged, Scene, type ScenePeer } from '../harness/tryorama/scene.ts'
import { close, grant, result, task } from './entries.ts'

/** Time to start two conductors with an agent for each misdeed, in milliseconds: a busy machine compiles slowly. */
const START_MS = 600_000

const roles = ['resource_mesh']
const otherNetwork = 'uhC0kAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQF-z86-'
const signal = AbortSignal.timeout(START_MS)

/** The entries of an honest poster before anybody misbehaves. */
interface History {
  readonly task: string
  readonly grant: string
  readonly result: string
  readonly close: string
}

/** Writes something that is not allowed and gives its action, and after it those before it that are not allowed either. */
type Misdeed = (peer: ScenePeer, before: History) => Promise<string | readonly string[]>

const raw = (peer: ScenePeer, entry: unknown): Promise<string> => peer.raw('raw_entry', entry)
const link = (peer: ScenePeer, base: string, target: string, link_type: number, tag = 0): Promise<string> =>
  peer.raw('raw_link', { base, target, link_type, tag: new Uint8Array(tag) })

/** An own task with a first grant to its poster itself. */
async function ownGrant(peer: ScenePeer): Promise<{ about: string; first: string }> {
  const about = await raw(peer, task(peer.dnaHash))
  return { about, first: await raw(peer, grant(peer.dnaHash, about, peer.agent)) }
}

const misdeeds: Record<string, Misdeed> = {
  'a result of a worker who was not granted': (peer, before) =>
    raw(peer, result(peer.dnaHash, before.task, before.grant)),
  'a result of another attempt than its grant': async (peer) => {
    const { about, first } = await ownGrant(peer)
    return raw(peer, result(peer.dnaHash, about, first, { attempt: 2 }))
  },
  'a grant that skips an attempt': async (peer) => {
    const about = await raw(peer, task(peer.dnaHash))
    return raw(peer, grant(peer.dnaHash, about, peer.agent, { attempt: 2, reason: 'expired' }))
  },
  'a grant in an own task that is not valid': async (peer) => {
    const about = await raw(peer, task(peer.dnaHash, { payload_bytes: 1_048_577 }))
    return [await raw(peer, grant(peer.dnaHash, about, peer.agent)), about]
  },
  'a grant after an own grant that is not valid': async (peer) => {
    const about = await raw(peer, task(peer.dnaHash, { max_attempts: 3 }))
    const second = { attempt: 2, reason: 'expired' as const }
    const skipped = await raw(peer, grant(peer.dnaHash, about, peer.agent, second))
    const third = { ...second, prev: skipped, attempt: 3 }
    return [await raw(peer, grant(peer.dnaHash, about, peer.agent, third)), skipped]
  },
  "a grant in a stranger's task": (peer, before) => raw(peer, grant(peer.dnaHash, before.task, peer.agent)),
  "a close of a stranger's task": (peer, before) => raw(peer, close(peer.dnaHash, before.task, before.grant)),
  'a grant after a close': async (peer) => {
    const about = await raw(peer, task(peer.dnaHash))
    const end = await raw(peer, close(peer.dnaHash, about, about))
    return raw(peer, grant(peer.dnaHash, about, peer.agent, { prev: end }))
  },
  'the accepted result of an old grant': async (peer) => {
    const { about, first } = await ownGrant(peer)
    const late = await raw(peer, result(peer.dnaHash, about, first))
    const next = { prev: first, attempt: 2, reason: 'expired' as const }
    const second = await raw(peer, grant(peer.dnaHash, about, peer.agent, next))
    return raw(peer, close(peer.dnaHash, about, second, late))
  },
  'a task whose id is too long': (peer) => raw(peer, task(peer.dnaHash, { id: 'x'.repeat(65) })),
  'a task with a payload that is too large': (peer) =>
    raw(peer, task(peer.dnaHash, { payload_bytes: 1_048_577 })),
  'a task of another network': (peer) => raw(peer, task(otherNetwork)),
  'bytes that are no task': (peer) => peer.raw('raw_task_bytes', encode({ id: 1 })),
  'a task in another encoding': (peer) => {
    const { type: _type, ...fields } = task(peer.dnaHash)
    return peer.raw('raw_task_bytes', encode(Object.fromEntries(Object.entries(fields).reverse())))
  },
  'the update of a task': async (peer) => {
    const original = await raw(peer, task(peer.dnaHash))
    return peer.raw('raw_update', { original, entry: task(peer.dnaHash, { max_attempts: 1 }) })
  },
  'the delete of a task': async (peer) => peer.raw('raw_delete', await raw(peer, task(peer.dnaHash))),
  'a link from another base': async (peer) => {
    const { about, first } = await ownGrant(peer)
    return link(peer, first, await raw(peer, result(peer.dnaHash, about, first)), 0)
  },
  "a link to a stranger's result": (peer, before) => link(peer, before.task, before.result, 0),
  'a link of another type': (peer, before) => link(peer, before.task, before.task, 1),
  'a tag of 65 bytes': async (peer) => {
    const { about, first } = await ownGrant(peer)
    return link(peer, about, await raw(peer, result(peer.dnaHash, about, first)), 0, 65)
  },
  'the delete of a link': async (peer) => {
    const { about, first } = await ownGrant(peer)
    const made = await link(peer, about, await raw(peer, result(peer.dnaHash, about, first)), 0)
    return peer.raw('raw_delete_link', made)
  },
}

/** Writes the honest history. */
async function write({ agent, dnaHash, mesh }: ScenePeer): Promise<History> {
  const { hash: about } = await mesh.scheduling.commit(task(dnaHash), signal)
  const { hash: first } = await mesh.scheduling.commit(grant(dnaHash, about, agent), signal)
  const { hash: done } = await mesh.scheduling.commit(result(dnaHash, about, first), signal)
  const { hash: end } = await mesh.scheduling.commit(close(dnaHash, about, first, done), signal)
  return { task: about, grant: first, result: done, close: end }
}

describe('misdeeds', () => {
  let scene: Scene
  let fair: Conductor
  let unfair: Conductor

  beforeAll(async () => {
    scene = await Scene.open()
    fair = await scene.conductor('honest')
    unfair = await scene.conductor('trusting')
  }, START_MS)

  afterAll(() => scene?.[Symbol.asyncDispose]())

  // Each misdeed has a network of its own: whoever is caught is heard no more, nor is anybody on the same conductor.
  // A few go on at a time, because each mostly waits for the other conductor.
  test.concurrent.each(Object.entries(misdeeds))('an honest peer refuses %s', async (network, misdeed) => {
    const honest = await scene.join(fair, { roles, network })
    const doer = await scene.join(unfair, { roles, network })
    await scene.meet(honest, doer)
    const before = await write(honest)
    await arrives('the honest history', () => doer.mesh.scheduling.getEvent(before.close, signal))
    const [action = '', ...earlier] = [await misdeed(doer, before)].flat()
    expect(await judged(honest, action, doer.agent, earlier)).toBe('refused')
  })
})
