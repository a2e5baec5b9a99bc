/** Follows the tasks between machines for the views of the mesh. */
import { type Signal, signal } from '@preact/signals'
import { useEffect, useMemo } from 'preact/hooks'
import { mapLimits } from '../../../limits/map.ts'
import { useEvents } from '../../state/live.ts'
import { useRead } from '../../state/operations.ts'
import { type Step, Traffic } from './traffic.ts'

/** The tasks between machines, as they happen. */
export interface FollowedTraffic {
  readonly traffic: Traffic
  /** The tasks at each machine and the last steps, a few times a second at most. */
  readonly figures: Signal<{ readonly counts: ReadonlyMap<string, number>; readonly steps: readonly Step[] }>
  /** Calls back after each change. Returns a function that ends it. */
  listen(changed: () => void): () => void
}

/** Follows the tasks, as seen from the machine with this key. */
export function useTraffic(self: string): FollowedTraffic {
  const [followed, changed, end] = useMemo(() => follow(self), [self])
  const open = useRead('task.list', { past: 0 })
  useEffect(() => {
    if (open.value === null) return
    followed.traffic.place(open.value.tasks)
    changed()
  }, [followed, open.value])
  useEvents((event) => {
    if (event.type !== 'task_state' && event.type !== 'run_started' && event.type !== 'run_ended') return
    const isOld = Date.now() - event.at > mapLimits.map_event_old_ms
    followed.traffic.hear(event, isOld ? null : performance.now())
    changed()
  })
  useEffect(() => end, [followed])
  return followed
}

function follow(self: string): [FollowedTraffic, () => void, () => void] {
  const traffic = new Traffic(self)
  const listeners = new Set<() => void>()
  const read = () => ({ counts: traffic.counts(), steps: traffic.steps })
  const figures = signal(read())
  let timer: ReturnType<typeof setTimeout> | null = null
  const update = (): void => {
    timer = null
    figures.value = read()
  }
  const changed = (): void => {
    for (const listener of listeners) listener()
    timer ??= setTimeout(update, mapLimits.map_figures_ms)
  }
  const listen = (listener: () => void) => {
    listeners.add(listener)
    return () => void listeners.delete(listener)
  }
  const end = (): void => {
    if (timer !== null) clearTimeout(timer)
    timer = null
  }
  return [{ traffic, figures, listen }, changed, end]
}
