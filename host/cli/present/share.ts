/** Shows what this machine does for others on the terminal. */
import type { z } from 'zod'
import { fields } from '../../operations/layout.ts'
import { type Presenter, present, type Rendered, type Screen } from '../../operations/present.ts'
import { sharePause, shareResume, shareShow, type shareView } from '../../operations/share/shape.ts'

type ShareView = z.output<typeof shareView>

/** The presentations of the operations on sharing. */
export const sharePresenters: readonly Presenter[] = [
  present(shareShow, {
    render: (now, screen) => ({ lines: [...shortly(now).lines, '', ...rules(now, screen)] }),
  }),
  present(sharePause, { render: shortly }),
  present(shareResume, { render: shortly }),
]

function shortly({ takes, why, draining }: ShareView): Rendered {
  if (takes) return { lines: ['work of others is taken'] }
  return { lines: [`no work of others is taken: ${draining ? 'this machine drains' : why}`] }
}

function rules({ rules }: ShareView, screen: Screen): string[] {
  return fields(
    [
      ['hours', rules.hours.join(', ') || 'always'],
      ['while somebody uses it', rules.pause_when_used ? 'nothing is taken' : 'taken'],
      ['on battery', rules.on_battery ? 'taken' : 'nothing is taken'],
      ['threads', rules.cores === null ? 'all cores but one' : String(rules.cores)],
      ['memory of models', rules.memory_mib === null ? 'a share of what is free' : `${rules.memory_mib} MiB`],
      ['allocations', rules.offers ? 'given to others' : 'not given to others'],
      ['model files', rules.models ? 'given to others' : 'not given to others'],
    ],
    screen,
  )
}
