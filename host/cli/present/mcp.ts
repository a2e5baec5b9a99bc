/** Shows the operations that connect agents by MCP. */
import { mcp, mcpInstall } from '../../operations/mcp/shape.ts'
import { type Presenter, present } from '../../operations/present.ts'

/** The presentations of the operations that connect agents; standard output belongs to the protocol while it is served. */
export const mcpPresenters: readonly Presenter[] = [
  present(mcp, { render: () => ({ lines: [] }) }),
  present(mcpInstall, {
    render: ({ file, entry, written, key, readable_by_others }) => ({
      lines: [file],
      notes: [
        entry === ''
          ? 'it has an entry named ripple already, which stays with its key'
          : written
            ? 'written'
            : 'nothing was written, and no key was made',
        ...(key === null
          ? []
          : [
              `the agent calls with the ${key.replaced ? 'new ' : ''}key ${key.name}: ${key.scopes.join(', ')}`,
              ...(key.replaced ? ['its earlier key is refused from now on'] : []),
            ]),
        ...(readable_by_others
          ? [`warning: other users of this machine can read the key in it: chmod 600 '${file}'`]
          : []),
      ],
    }),
  }),
]
