import { limits } from '../../../host/limits.ts'
import { mayStandIn } from '../../../host/mesh/placement/standby.ts'
import { byAge, isTask, resolveList } from '../../../host/mesh/state/chain.ts'
import type { ActionHash, AgentKey, MeshEvent } from '../../../host/types/events.ts'
import { slowTokenMs } from '../sim/faults.ts'
import { answers } from './answers.ts'
import { attempts } from './attempts.ts'
import { cancels } from './cancels.ts'
import { broken, type History, type Violation } from './history.ts'
import { retries } from './retries.ts'
import { append, type Story, storiesOf } from './story.ts'
import { disturbancesOn, isLiar, saidAt, writtenAt } from './times.ts'

/**
 * Holds a history to the protocol's promises. It reads only what daemons wrote down and what stands on chains, and
 * shares no state with the daemons that it judges. Its cost grows with the length of the history and no faster.
 */
export function checkHistory(history: History): Violation[] {
  const events = [...history.chains.values()].flat()
  const stories = storiesOf(history, events)
  const excuses = excusesOf(history)
  return [
    ...knownTasks(history, events),
    ...keys(history),
    ...waits(history),
    ...[...stories.values()].flatMap((story) => [
      ...terminal(history, story),
      ...accepted(history, story),
      ...equivocation(story),
      ...reasons(history, story),
      ...dependencies(history, story, stories),
      ...cancels(story, stories),
      ...attempts(history, story),
      ...answers(history, story),
      ...retries(history, story, stories),
      ...executions(story, excuses),
      ...runsInAll(history, story),
    ]),
  ]
}

/** Places in the log of what may make a worker run a grant again: it forgot the run, or could not keep it. */
function excusesOf({ logs }: History): ReadonlyMap<AgentKey, readonly number[]> {
  const excuses = new Map<AgentKey, number[]>()
  logs.forEach((line, place) => {
    if (line.type === 'started') append(excuses, line.agent, place)
    if (line.type === 'fault' && line.kind === 'disk_full')
      for (const agent of line.agents) append(excuses, agent, place)
  })
  return excuses
}

/** Nothing speaks of a task that nobody posted. */
function knownTasks(history: History, events: readonly MeshEvent[]): Violation[] {
  const tasks = new Set(events.filter(isTask).map((task) => task.hash))
  const named = [
    ...history.logs.flatMap((line) => ('task' in line ? [line.task] : [])),
    ...events.flatMap((event) => ('task' in event.entry ? [event.entry.task] : [])),
  ]
  const strange = new Set(named.filter((task) => !tasks.has(task)))
  return [...strange].flatMap((task) => broken('task_known', task, 'no Task has this hash'))
}

/** A client's key stands for one task, however often it was posted. */
function keys(history: History): Violation[] {
  const first = new Map<string, ActionHash>()
  return history.logs.flatMap((line) => {
    if (line.type !== 'post_acknowledged') return []
    const key = `${line.agent}/${line.id}`
    const task = first.get(key) ?? line.task
    first.set(key, task)
    return task === line.task ? [] : broken('one_task_a_key', line.task, `${line.id} is also ${task}`)
  })
}

/** No client, no grant and no daemon waits for ever. */
function waits({ waiting }: History): Violation[] {
  return waiting.flatMap(({ agent, task, what }) =>
    broken('nothing_waits', task ?? 'no task', `${agent}: ${what}`),
  )
}

/** A task that has ended has ended in one way, and every task ends. */
function terminal(history: History, { task, closes }: Story): Violation[] {
  const ways = new Set(closes.map(({ entry }) => `${entry.outcome} ${entry.result ?? ''}`))
  if (ways.size > 1) return broken('one_terminal_state', task.hash, [...ways].join(' and '))
  const waits = history.ended && ways.size === 0
  return waits ? broken('one_terminal_state', task.hash, 'it waits for ever') : []
}

/** Checks that only one result is accepted: that of the current grant, by its worker. */
function accepted(history: History, story: Story): Violation[] {
  const { task, grants, claims, closes, results } = story
  const hashes = new Set(closes.flatMap(({ entry }) => (entry.result ? [entry.result] : [])))
  if (hashes.size > 1) return broken('one_accepted_result', task.hash, [...hashes].join(' and '))
  const [hash] = hashes
  if (!hash) return []
  const result = results.get(hash)
  const grant = resolveList(task, [...grants, ...closes]).grants.at(-1)
  const claim = claims.find((one) => one.hash === result?.entry.authority)
  const authority = claim ?? grant
  if (!result || !authority) return broken('accepted_is_the_grantees', task.hash, 'without an authority')
  const { entry } = result
  const fits = entry.authority === authority.hash && entry.attempt === authority.entry.attempt
  if (!fits) return broken('accepted_is_the_grantees', task.hash, `attempt ${entry.attempt} was superseded`)
  const worker = authority.entry.type === 'Grant' ? authority.entry.worker : authority.author
  if (result.author !== worker || (claim && !mayStandIn(task, worker)))
    return broken('accepted_is_the_grantees', task.hash, 'by a stranger')
  const opens = history.opened.get(task.hash)
  return opens === false
    ? broken('output_opens', task.hash, 'the accepted output is not what the Result names')
    : []
}

/** The poster never writes two different events after the same one. */
function equivocation({ task, grants, closes }: Story): Violation[] {
  const after = new Map<ActionHash, string>()
  return [...grants, ...closes].flatMap(({ entry }) => {
    const content = JSON.stringify(entry)
    const other = after.get(entry.prev) ?? content
    after.set(entry.prev, other)
    return other === content ? [] : broken('no_equivocation', task.hash, `two events follow ${entry.prev}`)
  })
}

/**
 * A task expires only when a deadline has passed, and fails only when its attempts are spent or nobody is left to try.
 */
function reasons(history: History, story: Story): Violation[] {
  const { task, grants, closes } = story
  const { created_at, deadlines_ms, max_attempts } = task.entry
  return closes.flatMap(({ at, entry }) => {
    const age = at - created_at
    const bound = grants.length === 0 ? Math.min(deadlines_ms.queue, deadlines_ms.total) : deadlines_ms.total
    if (entry.outcome === 'expired' && age < bound)
      return broken('reason_holds', task.hash, `expired after ${age} ms`)
    if (entry.outcome === 'failed' && grants.length < max_attempts && isSomebodyLeft(history, story))
      return broken('reason_holds', task.hash, `failed after ${grants.length} attempts`)
    return []
  })
}

/**
 * Whether one of those that can run a task has neither had an output of it rejected nor refused it by its policy: its
 * poster, or another machine. Of a task whose answer is waited for only the poster is sure to have been there.
 */
function isSomebodyLeft({ able }: History, { task, lines, results }: Story): boolean {
  const lost = new Set(
    lines.flatMap((line) => {
      if (line.type === 'policy_refused') return [line.agent]
      return line.type === 'checked' && line.verdict !== 'ok' ? [results.get(line.result)?.author] : []
    }),
  )
  const others = task.entry.priority === 'interactive' ? [] : (able.get(task.author) ?? [])
  return [task.author, ...others].some((agent) => !lost.has(agent))
}

/**
 * A task is granted, and claimed by a stand-in, only after those that it names were accepted. They stand on chains of
 * their one poster, whose order says what was first; a claim stands on another's, and only a clock can tell.
 */
function dependencies(
  history: History,
  { task, grants, claims }: Story,
  stories: ReadonlyMap<ActionHash, Story>,
): Violation[] {
  const [first] = grants
  const begun = Math.min(...claims.map((claim) => writtenAt(history, claim)))
  return task.entry.depends_on.flatMap((hash) => {
    const closes = stories.get(hash)?.closes ?? []
    const accepted = closes.filter(({ entry }) => entry.outcome === 'accepted')
    const early = first !== undefined && !accepted.some((close) => byAge(close, first) < 0)
    const claimed = claims.length > 0 && !accepted.some((close) => writtenAt(history, close) <= begun)
    return early || claimed ? broken('dependencies_hold', task.hash, `begun before ${hash} was accepted`) : []
  })
}

/**
 * Runs are bounded: of one grant or claim, one and one more for each time that its worker's daemon came up again, or its
 * disk was full, while it was held; of a task, as many as all of them together.
 */
function executions(story: Story, excuses: ReadonlyMap<AgentKey, readonly number[]>): Violation[] {
  const { task, runs } = story
  const authorities = authoritiesOf(story)
  const known = new Set(authorities.map(({ hash }) => hash))
  const strange = [...runs.keys()].filter((hash) => !known.has(hash))
  const without = strange.flatMap((hash) =>
    broken('executions_bounded', task.hash, `run under ${hash}, which is no grant of it`),
  )
  const over = authorities.flatMap(({ hash, worker, attempt }) => {
    const places = runs.get(hash) ?? []
    const [first = 0, last = 0] = [places[0], places.at(-1)]
    const excused = (excuses.get(worker) ?? []).filter((place) => place > first && place < last).length
    return places.length > 1 + excused
      ? broken('executions_bounded', task.hash, `attempt ${attempt} ran ${places.length} times`)
      : []
  })
  return [...without, ...over, ...claimsOver(story)]
}

/**
 * Checks that a task is run once, and once more for each fault at its poster, at one of its workers, or between two
 * machines that talk about it. A liar's run does not count, nor the run of a stand-in that never heard of its poster.
 * Messages or events that may take longer than the task's lease are a fault that nobody counts. The same holds if they
 * took longer than the interval between two stand-ins, or than a returning machine waits for its poster.
 */
function runsInAll(history: History, story: Story): Violation[] {
  const { task } = story
  const { logs, late_ms } = history
  if (Math.max(late_ms.messages, late_ms.events) >= task.entry.lease_ms) return []
  const places = runsThatCount(history, story)
  if (places.length <= 1) return []
  const begun = places.flatMap((place) => logs[place] ?? []).map((line) => saidAt(history, line))
  const span = { from: writtenAt(history, task), to: Math.max(...begun) }
  const faults = disturbancesOn(history, talking(story), span)
  const most = 1 + faults + claimedUnseen(history, story) + toldLate(history, story)
  return places.length > most
    ? broken('executions_bounded', task.hash, `it was run ${places.length} times for ${faults} faults`)
    : []
}

/** Finds the positions in the logs of the runs that a fault has to explain. */
function runsThatCount(history: History, story: Story): number[] {
  const mayMissTheWord = 2 * history.late_ms.messages > limits.offer_wait_ms
  return authoritiesOf(story).flatMap(({ hash, worker }) => {
    const places = story.runs.get(hash) ?? []
    const stranger = history.able.get(worker)?.includes(story.task.author) === false
    if (isLiar(history, worker) || (stranger && story.claims.some((claim) => claim.hash === hash))) return []
    return mayMissTheWord ? places.slice(0, 1) : places
  })
}

/**
 * Lists the pairs of machines that talk about a task: its poster and its workers, and stand-ins with all that may run
 * it.
 */
function talking(story: Story): [AgentKey, AgentKey][] {
  const { task, claims } = story
  const workers = [...new Set(authoritiesOf(story).map(({ worker }) => worker))]
  const standIns = [...new Set(claims.map(({ author }) => author))]
  return [task.author, ...standIns].flatMap((one) =>
    workers
      .filter((other) => other !== one || one === task.author)
      .map((other): [AgentKey, AgentKey] => [one, other]),
  )
}

/**
 * Attempts that were lost because what a slow worker says after each of its tokens came late, which is a fault that
 * nobody counts.
 */
function toldLate({ late_ms }: History, { grants }: Story): number {
  if (late_ms.messages + slowTokenMs < limits.next_token_ms) return 0
  return grants.filter(({ entry }) => entry.reason === 'silent').length
}

/**
 * How many others claimed it before they could know of the first claim: by asking, or by the Result that came of it.
 */
function claimedUnseen({ ahead_ms, late_ms }: History, { claims }: Story): number {
  const [first, ...later] = claims.toSorted((a, b) => writtenAt({ ahead_ms }, a) - writtenAt({ ahead_ms }, b))
  if (!first) return 0
  const known = writtenAt({ ahead_ms }, first) + late_ms.messages + late_ms.events
  const unseen = later.filter((claim) => writtenAt({ ahead_ms }, claim) < known)
  return new Set(unseen.map(({ author }) => author).filter((author) => author !== first.author)).size
}

/**
 * A stand-in runs a task under no more claims than the task has attempts. A claim whose write got no answer may stand
 * twice.
 */
function claimsOver({ task, claims, runs }: Story): Violation[] {
  const run = claims.filter(({ hash }) => runs.has(hash))
  const byWorker = Map.groupBy(run, ({ author }) => author)
  return [...byWorker].flatMap(([worker, own]) =>
    own.length > task.entry.max_attempts
      ? broken('executions_bounded', task.hash, `${worker} claimed it ${own.length} times`)
      : [],
  )
}

/** The authorities under which a worker may run a task. */
interface Authority {
  readonly hash: ActionHash
  readonly worker: AgentKey
  readonly attempt: number
}

function authoritiesOf({ grants, claims }: Story): Authority[] {
  return [
    ...grants.map(({ hash, entry }) => ({ hash, worker: entry.worker, attempt: entry.attempt })),
    ...claims.map(({ hash, author, entry }) => ({ hash, worker: author, attempt: entry.attempt })),
  ]
}
