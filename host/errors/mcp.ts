/** Lists the errors of the Model Context Protocol's door. */
import { type ErrorRow, row } from './row.ts'

/** Errors of MCP's tools. */
export const mcpErrors = {
  RIPPLE_READ_ONLY: row(
    "this connection is read-only, and '{name}' writes or asks a model",
    'connect without read-only, or use a tool that reads',
    403,
    4,
  ),
  RIPPLE_OUTPUT_TOO_LARGE: row(
    'the output has {bytes} bytes, and a tool returns at most {max}',
    'ask for less, for example for fewer items',
    413,
    1,
  ),
  RIPPLE_AGENT_FILE: row(
    'the settings in {file} cannot be changed: {detail}',
    'add the entry by hand, as docs/MCP.md shows it',
    500,
    2,
  ),
} as const satisfies Record<string, ErrorRow>
