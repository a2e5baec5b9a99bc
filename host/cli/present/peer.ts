/** Shows the accepted machines of a local network on the terminal. */
import { list } from '../../operations/layout.ts'
import { peerAccept, peerForget, peerLs } from '../../operations/peer/shape.ts'
import { type Presenter, present } from '../../operations/present.ts'
import { ago, short } from '../../operations/text.ts'

/** The presentations of the operations on strangers. */
export const peerPresenters: readonly Presenter[] = [
  present(peerAccept, {
    render: ({ name, agent }) => ({
      lines: [],
      notes: [`'${name}' (${short(agent)}) is accepted here; it must accept this machine too`],
    }),
  }),
  present(peerLs, {
    render: ({ open, accepted }, screen) => {
      const shown = list(
        [{ head: 'AGENT', least: 12, id: true, drop: 1 }, { head: 'NAME', least: 6 }, 'ACCEPTED'],
        accepted.map(({ agent, name, at }) => [short(agent), name, ago(at, screen)]),
        { none: "none yet: 'ripple peer accept NAME' accepts a machine that 'ripple peers' shows", screen },
      )
      return open ? { ...shown, notes: ['everybody on this network is accepted'] } : shown
    },
  }),
  present(peerForget, {
    render: ({ name }) => ({ lines: [], notes: [`'${name}' is refused from now on`] }),
  }),
]
