/** Shows the installation of Ripple on the terminal. */
import type { ServiceView } from '../../operations/context.ts'
import {
  serviceInstall,
  serviceStatus,
  serviceUninstall,
  toolsExport,
  toolsServe,
  uninstall,
} from '../../operations/install/shape.ts'
import { fields, table } from '../../operations/layout.ts'
import { type Presenter, present, type Rendered, type Screen } from '../../operations/present.ts'
import { size } from '../../operations/text.ts'

/** The presentations of the operations that install and remove Ripple. */
export const installPresenters: readonly Presenter[] = [
  present(toolsExport, {
    doing: 'packing the programs',
    render: ({ file, bytes, take }) => ({
      lines: [take],
      notes: [
        `${file}, ${size(bytes)}: put it into the clone on the other machine or on a web server, and type the line there, with the path or URL that it then has`,
      ],
    }),
  }),
  present(toolsServe, {
    doing: 'packing the programs',
    render: ({ bytes, take }) => ({
      lines: [take],
      notes: [
        `type the line in the clone on the other machine: it takes ${size(bytes)} and checks the sha256`,
        'the programs are served until Ctrl-C',
      ],
    }),
  }),
  present(serviceInstall, {
    doing: 'installing the service',
    render: ({ file, content, commands, service }, screen) =>
      service === null
        ? {
            lines: content.trimEnd().split('\n'),
            notes: [`nothing was changed; the file is ${file}, then: ${commands.join('; ')}`],
          }
        : serviceText(service, screen),
  }),
  present(serviceUninstall, {
    doing: 'stopping the service',
    render: ({ file, removed }) => ({
      lines: [removed ? `removed ${file}` : `the service is not installed: there is no ${file}`],
    }),
  }),
  present(serviceStatus, { render: serviceText }),
  present(uninstall, {
    render: ({ removes, stays, removed }, screen) => {
      const rows = [
        ...removes.map((row) => ({ ...row, fate: removed ? 'removed' : 'goes' })),
        ...stays.map((row) => ({ ...row, fate: 'stays' })),
      ]
      return {
        lines: table(
          ['', 'WHERE', 'SIZE', { head: 'WHAT', wrap: true }],
          rows.map(({ fate, path, bytes, what }) => [fate, path, size(bytes), what]),
          screen,
        ),
        notes: [
          removed
            ? "the clone stays, and so do npm's and cargo's own caches"
            : 'nothing was removed: --yes removes it, and --keys also takes keys, chains and receipts',
        ],
      }
    },
  }),
]

function serviceText(
  { file, installed, active, enabled, pid, lingers }: ServiceView,
  screen: Screen,
): Rendered {
  if (!installed) return { lines: [`the service is not installed: there is no ${file}`] }
  const lines = fields(
    [
      ['file', file],
      ['state', active ?? 'unknown'],
      ['starts', enabled ? 'with the session of this user' : 'by hand'],
      ['pid', pid === null ? 'none' : String(pid)],
    ],
    screen,
  )
  const notes =
    lingers === false ? ["it ends when you log out; 'loginctl enable-linger' lets it run always"] : []
  return { lines, notes }
}
