/** Shows the operation that connects agents by MCP: standard output belongs to the protocol. */
import { mcp } from '../../operations/mcp/shape.ts'
import { type Presenter, present } from '../../operations/present.ts'

/** The presentation of `mcp`. */
export const mcpPresenter: Presenter = present(mcp, { render: () => ({ lines: [] }) })
