/** Shows the models of providers on the terminal. */
import { list } from '../../operations/layout.ts'
import { present } from '../../operations/present.ts'
import { upstreamLs } from '../../operations/upstream/shape.ts'

const states = { ready: 'ready', no_key: 'its key is not set', off: 'off on this network' } as const

/** The presentation of `upstream ls`. */
export const upstreamPresenter = present(upstreamLs, {
  render: ({ models, budget }, screen) => {
    const listed = list(
      [
        { head: 'NAME', least: 12 },
        { head: 'STATE', least: 8 },
        { head: 'MAY HAVE', least: 8, drop: 1 },
        { head: 'KIND', drop: 2 },
        { head: 'WEIGHT', drop: 4 },
        { head: 'PRIORITY', drop: 3 },
      ],
      models.map(({ name, state, data_classes, kind, weight, priority }) => [
        name,
        states[state],
        data_classes.join(', ') || 'nothing',
        kind,
        String(weight),
        String(priority),
      ]),
      { none: "none yet; add one under 'upstream' in the configuration, as docs/CLI.md shows", screen },
    )
    if (models.length === 0) return listed
    const { day, tokens_left, requests_left, limits: most } = budget
    const left = `${day} (UTC): ${tokens_left} of ${most.tokens_per_day} tokens and ${requests_left} of ${most.requests_per_day} requests are left`
    return { ...listed, notes: [left] }
  },
})
