/** Tells clients of MCP that a resource has changed. */
import { mcpLimits } from '../../limits/mcp.ts'
import type { StreamEvent } from '../../telemetry/catalogue.ts'
import type { EventStream } from '../../telemetry/events.ts'

/**
 * Reports the addresses of changed resources, each once in `mcp_update_gap_ms`, however many events change it. The returned
 * function ends the reports.
 */
export function followChanges(
  events: Pick<EventStream, 'follow'>,
  onChange: (uri: string) => void,
): () => void {
  const changed = new Set<string>()
  let timer: NodeJS.Timeout | null = null
  const report = (): void => {
    timer = null
    for (const uri of changed) onChange(uri)
    changed.clear()
  }
  const unfollow = events.follow({ kinds: ['tasks', 'peers', 'policy'] }, (event) => {
    for (const uri of changedBy(event)) changed.add(uri)
    if (changed.size > 0) timer ??= setTimeout(report, mcpLimits.mcp_update_gap_ms).unref()
  })
  return () => {
    unfollow()
    if (timer !== null) clearTimeout(timer)
  }
}

/** Returns the addresses that an event changes. A task has an address by its hash, and another by its key. */
function changedBy(event: StreamEvent): string[] {
  if (event.type === 'task_state')
    return [
      'ripple://tasks',
      ...[event.task, event.task_key].flatMap((id) => {
        const task = `ripple://tasks/${encodeURIComponent(id)}`
        return [task, `${task}/history`]
      }),
    ]
  if (event.type === 'policy_decided') return ['ripple://policies']
  return peerEvents.has(event.type) ? ['ripple://peers'] : []
}

const peerEvents: ReadonlySet<string> = new Set(['peer_seen', 'peer_suspect', 'peer_gone', 'peer_waiting'])
