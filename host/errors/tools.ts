/** Lists the errors of tools. */
import { type ErrorRow, row } from './row.ts'

/** Errors of MCP servers and their tools. */
export const toolErrors = {
  RIPPLE_TOOL_UNKNOWN: row(
    "no MCP server is called '{server}'",
    "servers: {known}; 'mcp.servers' in the configuration names them",
    404,
    2,
  ),
  RIPPLE_TOOL_FAILED: row(
    '{server} gave no answer: {detail}',
    "see 'ripple tool ls' for its tools and their arguments, or fix 'mcp.servers' in the configuration",
    502,
    1,
  ),
  RIPPLE_TOOL_TOO_LARGE: row(
    'the {what} of {server} have {bytes} bytes, and at most {max} are taken',
    'ask for less',
    413,
    2,
  ),
} as const satisfies Record<string, ErrorRow>
