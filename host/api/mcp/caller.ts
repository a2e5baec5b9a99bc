/** Describes who calls MCP, and how. */
import type { Principal } from '../../types/principal.ts'

/** The caller of one request. */
export interface Caller {
  readonly principal: Principal
  /** Whether only tools that change nothing and ask no model are there. */
  readonly readOnly: boolean
  /** Whether tools are listed with underscores in place of dots. */
  readonly underscores: boolean
  /** Aborted when the client leaves or the daemon stops. */
  readonly signal: AbortSignal
}
