/** Lists the errors of the node API. */
import { type ErrorRow, row } from './row.ts'

/** Errors of nodes, templates and deployments. */
export const nodeErrors = {
  RIPPLE_NO_EXECUTOR: row(
    'no executor of this mesh can {action} containers',
    "the answer's plan says what an executor would do; models run as tasks: POST /schedule",
    501,
    1,
  ),
  RIPPLE_TEMPLATE_UNKNOWN: row("there is no template '{template}'", 'templates: {known}', 404, 2),
  RIPPLE_NODE_UNKNOWN: row("no machine of this mesh is '{node}'", 'GET /api/v1/nodes lists them', 404, 2),
  RIPPLE_NODE_FOREIGN: row(
    "'{node}' is not this machine, and a machine reports itself to its own peer alone",
    "send it to the peer on that machine; a new machine joins with 'ripple join'",
    409,
    2,
  ),
} as const satisfies Record<string, ErrorRow>
