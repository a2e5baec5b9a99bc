/** Shows networks, their invites and their members on the terminal. */
import { renderUnicodeCompact } from 'uqr'
import { fields, list } from '../../operations/layout.ts'
import {
  invite,
  join,
  networkCreate,
  networkLs,
  networkRevoke,
  networkShow,
  networkUse,
} from '../../operations/network/shape.ts'
import { type Presenter, present, type Screen } from '../../operations/present.ts'

/** Exit code of a join that found no peer: it timed out. */
const NO_PEER = 5

/** The presentations of the operations on networks. */
export const networkPresenters: readonly Presenter[] = [
  present(networkLs, {
    render: ({ networks }, screen) =>
      list(
        [{ head: 'NAME', least: 8 }, 'KIND', 'ROLE', 'NEXT START'],
        networks.map((one) => [
          one.name,
          one.private ? 'private' : 'open',
          one.role,
          one.current ? 'joins it' : '',
        ]),
        { none: 'none', screen },
      ),
  }),
  present(networkShow, { render: (shown, screen) => ({ lines: detailLines(shown, screen) }) }),
  present(networkCreate, {
    render: (made, screen) => ({
      lines: detailLines(made, screen),
      notes: ["'ripple up' starts it; 'ripple invite' then prints the line with which another machine joins"],
    }),
  }),
  present(networkUse, {
    render: ({ name, private: isPrivate }) => ({
      lines: [],
      notes: [`the next start joins the ${isPrivate ? 'private' : 'open local'} network '${name}'`],
    }),
  }),
  present(networkRevoke, {
    render: ({ agent }) => ({ lines: [], notes: [`members refuse ${agent} from now on`] }),
  }),
  present(invite, {
    render: ({ line, once, expires_at, network, code }, { width }) => ({
      lines: [...qrLines(line, width), line],
      notes: [
        `'ripple join LINE' on another machine joins '${network}' until ${new Date(expires_at).toISOString()}`,
        ...(code === null ? [] : [`on this LAN, for ten minutes and one machine: ripple join ${code}`]),
        ...(once ? ['one machine alone may join with it'] : []),
        'keep this machine up until the other one has joined',
      ],
    }),
  }),
  present(join, {
    doing: 'joining the network',
    render: ({ network, peers, data }) => ({
      lines: [
        peers > 0
          ? `connected to ${peers} ${peers === 1 ? 'peer' : 'peers'}`
          : `joined '${network}', but no peer is connected: is the machine that made the invite up, and on this network?`,
      ],
      notes: [`the daemon runs on; stop it with 'ripple down --data ${data}'`],
    }),
    exit: ({ peers }) => (peers > 0 ? 0 : NO_PEER),
  }),
]

function detailLines(
  {
    name,
    private: isPrivate,
    role,
    current,
    seed,
    founder,
    agent,
  }: {
    readonly name: string
    readonly private: boolean
    readonly role: string
    readonly current: boolean
    readonly seed: string
    readonly founder: string | null
    readonly agent: string | null
  },
  screen: Screen,
): string[] {
  return fields(
    [
      ['name', name],
      ['kind', isPrivate ? 'private' : 'open'],
      ['role', role],
      ['seed', seed],
      ...(founder === null ? [] : [['founder', founder] as const]),
      ...(agent === null ? [] : [['agent', agent] as const]),
      ['next start', current ? 'joins it' : 'joins another one'],
    ],
    screen,
  )
}

/** Returns the QR code of a line; empty if the screen is too narrow, or another program reads. */
function qrLines(line: string, width: number): string[] {
  if (!Number.isFinite(width)) return []
  const rows = renderUnicodeCompact(line, { ecc: 'L', border: 2 }).split('\n')
  return (rows[0]?.length ?? 0) <= width ? rows : []
}
