/** Shows offers of resources and allocations on the terminal. */
import type { z } from 'zod'
import { list } from '../../operations/layout.ts'
import { type Presenter, present } from '../../operations/present.ts'
import { resourceAllocate, resourceLs, resourceRelease } from '../../operations/resource/shape.ts'
import { oneLine } from '../../types/text/plain-text.ts'

type Amount = z.output<typeof resourceLs.output>['resources'][number]['free']

/** The presentations of the operations on resources. */
export const resourcePresenters: readonly Presenter[] = [
  present(resourceLs, {
    render: ({ resources, allocations }, screen) => {
      const head = [
        { head: 'MACHINE', least: 8 },
        { head: 'FREE', least: 16 },
        { head: 'OFFERED', least: 16, drop: 1 },
        { head: 'UNTIL', drop: 2 },
      ]
      const rows = resources.map(({ name, self, free, capacity, expires_at }) => [
        self ? `${oneLine(name)} (this machine)` : oneLine(name),
        textOf(free),
        textOf(capacity),
        expires_at,
      ])
      const notes = allocations.map(
        ({ allocation_id, node_id, holder, share, expires_at }) =>
          `${allocation_id}: ${textOf(share)} of ${node_id} for ${holder} until ${expires_at}`,
      )
      const none = 'none yet; a machine offers its resources half a minute after its start'
      return list(head, rows, { none, screen, notes })
    },
  }),
  present(resourceAllocate, {
    render: ({ allocation_id, node_id, endpoint, expires_at }) => ({
      lines: [`${allocation_id}: ${node_id} until ${expires_at}`, oneLine(endpoint)],
    }),
  }),
  present(resourceRelease, { render: ({ allocation_id }) => ({ lines: [`${allocation_id} has ended`] }) }),
]

function textOf({ cpu_cores, memory_gb, gpus, storage_gb, models }: Amount): string {
  const parts = [
    ...(cpu_cores > 0 ? [`${cpu_cores} cores`] : []),
    ...(memory_gb > 0 ? [`${rounded(memory_gb)} GiB`] : []),
    ...(gpus > 0 ? [`${gpus} GPUs`] : []),
    ...(storage_gb > 0 ? [`${rounded(storage_gb)} GiB of disk`] : []),
    ...models.map(oneLine),
  ]
  return parts.join(', ') || 'nothing'
}

function rounded(amount: number): number {
  return Math.round(amount * 10) / 10
}
