import { sha256Hex } from '../../../host/codec/digest.ts'
import type { TaskView } from '../../../host/mesh/view/view.ts'
import type { ActionHash, MeshEvent, Millis } from '../../../host/types/events.ts'
import type { Work } from '../../../host/work/work.ts'
import type { Disturbance, History, Waiting } from '../checker/history.ts'
import { epoch, type World } from './world.ts'

/** Gives the history for the checker, once the world is at rest. */
export async function historyOf(world: World): Promise<History> {
  const waiting = waitingIn(world)
  world.wires.quietFrom(epoch)
  // A cut is noted when it is over.
  world.wires.cut([])
  for (const daemon of world.daemons) daemon.spare()
  const opened = new Map<ActionHash, boolean>()
  const chains = world.network.chains()
  const events = new Map([...chains.values()].flat().map((event) => [event.hash, event]))
  for (const { work } of world.daemons) {
    const closed = (await work?.newestClosed(Number.MAX_SAFE_INTEGER)) ?? []
    for (const task of [...(work?.list() ?? []), ...closed]) {
      if (work && task.state === 'accepted') opened.set(task.task, await opens(work, task, events))
    }
  }
  return {
    logs: world.logs,
    chains,
    opened,
    disturbances: disturbancesOf(world),
    aftermath_ms: 0,
    late_ms: world.late,
    ahead_ms: world.aheadMs,
    able: world.able(),
    ended: true,
    waiting,
  }
}

/** Lists the reasons why the world is not at rest. */
function waitingIn({ asking, daemons }: World): Waiting[] {
  const machines = daemons.flatMap(({ machine: { agent }, work }) => {
    if (!work) return [{ agent, task: null, what: 'its daemon is not up' }]
    const held = work.heldGrants()
    return held > 0 ? [{ agent, task: null, what: `its daemon holds ${held} grants` }] : []
  })
  return [...asking, ...machines]
}

/** Whether the poster holds, here and now, what the accepted Result names. */
async function opens(
  work: Work,
  task: TaskView,
  events: ReadonlyMap<ActionHash, MeshEvent>,
): Promise<boolean> {
  const result = events.get(task.result ?? '')
  const named = result?.entry.type === 'Result' ? result.entry.output : null
  const secrets = await work.secrets(task.task, AbortSignal.abort()).catch(() => null)
  if (!named || !secrets?.output || !secrets.output_salt) return false
  return (
    secrets.output.length === named.bytes && sha256Hex(secrets.output_salt, secrets.output) === named.digest
  )
}

/** Lists the disturbances: those that the world knows, and from the logs when each daemon was down. */
function disturbancesOf({ logs, disturbances, aheadMs }: World): Disturbance[] {
  const all = [...disturbances]
  const down = new Map<string, Millis>()
  for (const line of logs) {
    const at = line.at - (aheadMs.get(line.agent) ?? 0)
    if (line.type === 'fault' && line.kind === 'kill' && !down.has(line.agent)) down.set(line.agent, at)
    const from = down.get(line.agent)
    if (line.type !== 'started' || from === undefined) continue
    all.push({ kind: 'kill', agents: [line.agent], from, to: at })
    down.delete(line.agent)
  }
  for (const [agent, from] of down)
    all.push({ kind: 'kill', agents: [agent], from, to: Number.POSITIVE_INFINITY })
  return all
}
