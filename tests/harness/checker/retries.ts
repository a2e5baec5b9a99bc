import { limits } from '../../../host/limits.ts'
import { resolveList } from '../../../host/mesh/state/chain.ts'
import type { ActionHash, AgentKey, EventOf, Millis } from '../../../host/types/events.ts'
import { broken, type History, type Violation } from './history.ts'
import type { Story } from './story.ts'
import {
  hindering,
  parting,
  runLines,
  type Span,
  saidAt,
  unhinderedFrom,
  wasSilent,
  writtenAt,
} from './times.ts'

/** The most time to find a worker among present peers, in addition to lease and brake; milliseconds. */
const SEARCH_MS = 30_000

/**
 * No task expires with attempts left while somebody could have run it. It had no attempt, or lost its last one; and from
 * then on, for a lease, a search and as long as the brake may hold it back, nothing hindered its poster, nor a peer that
 * can run it, ran nothing and never had this task.
 */
export function retries(
  history: History,
  story: Story,
  stories: ReadonlyMap<ActionHash, Story>,
): Violation[] {
  const { task, claims, closes } = story
  const { grants } = resolveList(task, [...story.grants, ...closes])
  const expired = closes.some(({ entry }) => entry.outcome === 'expired')
  // A declared stand-in is waited for.
  if (!expired || grants.length >= task.entry.max_attempts || claims.length > 0) return []
  const span = waited(history, story, stories, grants.at(-1))
  if (!span) return []
  const idle = idlePeers(history, story, span)
  return idle.length === 0
    ? []
    : broken(
        'retry_happens',
        task.hash,
        `expired ${span.to - span.from} ms after attempt ${grants.length} while ${idle.length} peers were idle`,
      )
}

/** From when to when an expired task had to be given to somebody, by a clock that is right; null where it had not. */
function waited(
  history: History,
  story: Story,
  stories: ReadonlyMap<ActionHash, Story>,
  last: EventOf<'Grant'> | undefined,
): Span | null {
  const { task } = story
  const { created_at, deadlines_ms, depends_on } = task.entry
  const created = writtenAt(history, task) - task.at + created_at
  const end = created + deadlines_ms.total
  if (last) {
    const from = lossAt(history, story, last, end)
    return from === null ? null : { from, to: end }
  }
  const from = Math.max(created, ...depends_on.map((hash) => acceptedAt(history, stories.get(hash))))
  return { from, to: Math.min(end, from + deadlines_ms.queue) }
}

function acceptedAt(history: History, story: Story | undefined): Millis {
  const close = story?.closes.find(({ entry }) => entry.outcome === 'accepted')
  return close ? writtenAt(history, close) : Number.POSITIVE_INFINITY
}

/** Peers that could have run a task for long enough, never had it, and whose policy did not refuse it. */
function idlePeers(history: History, story: Story, { from, to }: Span): AgentKey[] {
  const { task, grants, lines } = story
  const had = new Set(grants.map(({ entry }) => entry.worker))
  for (const line of lines) if (line.type === 'policy_refused') had.add(line.agent)
  const posterFrom = Math.max(from, unhinderedFrom(history, task.author, to, parting))
  const patience = task.entry.lease_ms + brakeMs(history, story, { from: posterFrom, to }) + SEARCH_MS
  return (history.able.get(task.author) ?? []).filter((peer) => {
    const since = Math.max(posterFrom, unhinderedFrom(history, peer, to, hindering))
    return !had.has(peer) && to - since > patience && isIdle(history, peer, since, to)
  })
}

/**
 * How long the brake may hold a task back within a time. A poster takes itself for cut off when more than a share of at
 * least some peers are silent; it then puts off what it lost by silence, not what failed nor what nobody had.
 */
function brakeMs(history: History, { task, grants, results }: Story, span: Span): Millis {
  const last = grants.at(-1)?.hash
  const own = [...results.values()].filter(({ entry }) => entry.authority === last)
  if (last === undefined || own.some(({ entry }) => entry.status.type === 'failed')) return 0
  const known = history.able.get(task.author) ?? []
  const silent = known.filter((peer) => wasSilent(history, task.author, peer, span))
  const cutOff =
    known.length >= limits.brake_peers_min && silent.length > limits.brake_silent_share * known.length
  return cutOff ? limits.brake_spread_ms : 0
}

/** When the last attempt was lost beyond doubt, by a clock that is right; null where it may have gone on. */
function lossAt(history: History, story: Story, last: EventOf<'Grant'>, end: Millis): Millis | null {
  const { task, results, lines } = story
  const own = [...results.values()].filter(({ entry }) => entry.authority === last.hash)
  const failed = own.find(({ entry }) => entry.status.type === 'failed')
  if (failed) return writtenAt(history, failed)
  const hashes = new Set(own.map(({ hash }) => hash))
  const said = lines.find(
    (line) =>
      (line.type === 'released' && line.grant === last.hash && line.agent === last.entry.worker) ||
      (line.type === 'checked' && hashes.has(line.result) && line.verdict !== 'ok'),
  )
  if (said) return saidAt(history, said)
  const { worker } = last.entry
  const from = Math.max(writtenAt(history, last), unhinderedFrom(history, worker, end, hindering))
  const spoke = lines.some((line) => line.agent === worker && saidAt(history, line) > from)
  const forgotten = worker !== task.author && own.length === 0 && !spoke && isIdle(history, worker, from, end)
  return forgotten ? from + task.entry.lease_ms : null
}

/** Whether a machine ran nothing within a time, nor went on with what it had begun before. */
function isIdle(history: History, agent: AgentKey, from: Millis, to: Millis): boolean {
  let runs = false
  for (const line of history.logs) {
    if (line.agent !== agent || !runLines.has(line.type)) continue
    const at = saidAt(history, line)
    if (at < from) runs = line.type === 'run_started'
    else if (at <= to && line.type !== 'started') return false
  }
  return !runs
}
