/** Surveys tasks as a stand-in, claims them and opens their payloads. */
import { sha256Hex } from '../../codec/digest.ts'
import { refusedByPolicy } from '../../errors/refused-by-policy.ts'
import { isGrant, isResult } from '../../mesh/state/chain.ts'
import type { ActionHash, EntryOf } from '../../types/events.ts'
import type { StandInContext } from '../context/context.ts'
import { isPayload } from '../context/payload.ts'
import { openPublished } from '../context/published.ts'
import { mayClaim } from '../poster/ask-policy.ts'
import { release } from '../worker/release.ts'

/**
 * Reads the events on the DHT of a task whose poster is away. While a dependency of the task is not accepted it reports
 * nothing, and the plan looks again.
 */
export async function survey(task: ActionHash, context: StandInContext): Promise<void> {
  const standby = context.state().standbys.get(task)
  if (!standby) return
  const { dht, clock } = context.needs
  const at = clock.now()
  const [events, closes, results] = await Promise.all([
    dht.eventsBy(standby.task.author, task, context.signal),
    dht.closes(task, context.signal),
    dht.results(task, context.signal),
  ])
  if (!(await isReady(standby.task.entry.depends_on, context))) return
  const done = results.some((event) => isResult(event) && event.entry.status.type === 'ok')
  const last = events.filter(isGrant).at(-1)?.entry
  context.dispatch({
    type: 'surveyed',
    task,
    survey: {
      at,
      over: closes.length > 0 || done,
      grantee: last?.worker ?? null,
      attempt: last?.attempt ?? 0,
    },
  })
}

async function isReady(tasks: readonly ActionHash[], context: StandInContext): Promise<boolean> {
  const closes = await Promise.all(tasks.map((task) => context.needs.dht.closes(task, context.signal)))
  return closes.every((list) =>
    list.some(({ entry }) => entry.type === 'Close' && entry.outcome === 'accepted'),
  )
}

/** Writes a FallbackClaim; the run that it permits is the plan's next step. */
export async function commitClaim(entry: EntryOf<'FallbackClaim'>, context: StandInContext): Promise<void> {
  const standby = context.state().standbys.get(entry.task)
  const refusal = standby && (await mayClaim(standby.task, context))
  if (refusal) throw refusedByPolicy(refusal)
  const { hash } = await context.writes.commit(entry)
  const { task, attempt } = entry
  context.record({ type: 'committed', entry: 'FallbackClaim', hash, task, attempt })
}

/**
 * Opens the payload that a task carries. If it does not open or cannot be run, a stand-in's claim is released, so that
 * it holds no place. A grantee asks its poster instead.
 */
export async function openPayload(grant: ActionHash, context: StandInContext): Promise<void> {
  const held = context.state().held.get(grant)
  const task = held?.taskEvent?.entry
  if (!held || !task?.fallback) return
  const { dht, openBox } = context.needs
  const opened = openPublished(task.fallback.payload, dht.agent, openBox)
  const fits = opened && sha256Hex(opened.salt, opened.payload) === task.payload_digest
  if (fits && isPayload(opened.payload))
    context.dispatch({
      type: 'payload_arrived',
      grant,
      payload: opened.payload,
      prefix: '',
      prefix_digest: null,
    })
  else if (held.fallback) await release(grant, 'policy_refuses', context)
}
