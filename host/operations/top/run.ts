/** Runs the operation that shows machines and running tasks at a glance. */
import type { Local } from '../local.ts'
import { peers, status } from '../machine/shape.ts'
import { type Handler, handle } from '../operation.ts'
import { callOperation } from '../remote.ts'
import { taskList } from '../task/shape.ts'
import { top } from './shape.ts'

/** The operation that can be called. */
export const topHandler: Handler<Local> = handle(top, async (local: Local, _given, signal) => {
  const [{ name, presence, held_grants, draining }, { peers: machines }, { tasks }] = await Promise.all([
    callOperation(local, status, {}, signal),
    callOperation(local, peers, { wide: true }, signal),
    callOperation(local, taskList, { past: 0 }, signal),
  ])
  return { name, presence, held_grants, draining, machines, tasks }
})
