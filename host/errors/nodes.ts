/** Lists the errors about this machine as a node of the mesh. */
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
  RIPPLE_SERVER_OTHER: row(
    'this daemon has joined its network by {server}, not by {wanted}',
    "'ripple down', and 'ripple up' with the other server joins by that one",
    409,
    2,
  ),
  RIPPLE_DNA_FOREIGN: row(
    "'{dna}' is not a DNA of this daemon's hApp, and its conductor runs no other",
    'DNAs that are installed: {own}; run a foreign hApp in a conductor of its own',
    409,
    2,
  ),
} as const satisfies Record<string, ErrorRow>
