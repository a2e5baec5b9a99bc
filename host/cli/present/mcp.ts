/** Shows the operations that connect agents by MCP. */
import { mcp, mcpInstall } from '../../operations/mcp/shape.ts'
import { type Presenter, present } from '../../operations/present.ts'

/** The presentations of the operations that connect agents; standard output belongs to the protocol while it is served. */
export const mcpPresenters: readonly Presenter[] = [
  present(mcp, { render: () => ({ lines: [] }) }),
  present(mcpInstall, {
    render: ({ file, entry, written }) => ({
      lines: [file],
      notes: [
        entry === '' ? 'it has an entry named ripple already' : written ? 'written' : 'nothing was written',
      ],
    }),
  }),
]
