/** Defines the operations on this machine's conductor and its place in the mesh, by the names of the wire contract. */
import { z } from 'zod'
import { json } from '../../types/json.ts'
import { httpUrl, machineName } from '../../types/machine-forms.ts'
import { ownStates } from '../../types/own-state.ts'
import { peerView } from '../machine/view.ts'
import { defineOperation } from '../operation.ts'
import { nothing } from '../request-fields.ts'

const agentField = z.string().describe("this machine's agent key")
const cellsField = z.array(z.string()).describe('its cells, each as <DNA hash>:<agent key>')

/** Returns the state of the conductor. */
export const initConductor = defineOperation({
  name: 'holochain.init_conductor',
  title: 'Initialize the conductor',
  summary: 'Show that the conductor runs: a daemon starts its own',
  description:
    "Returns the state of this machine's Holochain conductor with its cells. A daemon starts its conductor itself and again after a crash, so that nothing is left to be started.",
  effect: 'write',
  scope: 'admin',
  idempotent: true,
  input: nothing,
  output: z.strictObject({
    status: z
      .enum(['already_running', 'connecting', 'restarting'])
      .describe('connecting: it runs, and the daemon connects to it; restarting: it has ended'),
    version: z.string().describe("Holochain's version"),
    pid: z.int().nullable().describe('its process; null without one'),
    network: z.string().describe('the network'),
    agent_pubkey: agentField,
    cell_ids: cellsField,
  }),
  errors: [],
  examples: [],
  surfaces: { mcp: 'holochain.init_conductor' },
})

/** Returns this machine's place in the mesh that it has joined. */
export const joinMesh = defineOperation({
  name: 'holochain.join_mesh',
  title: 'Join the mesh',
  summary: "Show this machine's place in the mesh; a daemon joins its network when it starts",
  description:
    "Returns this machine's cells, its peers and its state on the network. A daemon joins its network when it starts, and a data folder belongs to one network: another network or server is refused. The name and the capabilities of the machine are what its owner set and what was measured, so other ones are named in 'ignored'.",
  effect: 'write',
  idempotent: true,
  input: z.strictObject({
    network: z
      .enum(['mainnet', 'testnet', 'local'])
      .describe('the network, which must be that of the daemon'),
    agent_name: machineName.describe('a name for people; ignored unless it is the name of this machine'),
    capabilities: z
      .record(z.string(), json)
      .describe('ignored: the card of the machine has what was measured'),
    bootstrap_override: httpUrl
      .optional()
      .describe('URL of the bootstrap server, which must be that of the daemon'),
  }),
  output: z.strictObject({
    agent_pubkey: agentField,
    cell_ids: cellsField,
    peer_count: z.int().nonnegative().describe('peers that are online'),
    mesh_status: z.enum(ownStates).describe('the state of this machine on its network'),
    ignored: z.array(z.string()).describe('fields of the call that had no effect'),
  }),
  errors: ['RIPPLE_DATA_OTHER_NETWORK', 'RIPPLE_SERVER_OTHER'],
  examples: [],
  surfaces: { mcp: 'holochain.join_mesh' },
})

/** Advertises this machine again. */
export const registerNode = defineOperation({
  name: 'holochain.register_node',
  title: 'Advertise this machine',
  summary: 'Measure this machine again, write its card if that has changed, and tell the peers',
  description:
    'Measures this machine, writes its card to the network if a lasting fact has changed, and sends the peers a sign of life. A daemon does this itself; use it after a change that peers should see at once. It returns the machine as peers see it.',
  effect: 'write',
  idempotent: true,
  input: nothing,
  output: z.strictObject({
    node_id: agentField,
    written: z.boolean().describe('whether the card was written; false if the present one holds'),
    node: peerView.describe('this machine, as peers see it'),
  }),
  errors: [
    'RIPPLE_PEER_UNKNOWN',
    'RIPPLE_DHT_UNAVAILABLE',
    'RIPPLE_DHT_REFUSED',
    'RIPPLE_CONDUCTOR_DOWN',
    'RIPPLE_CHAIN_BEHIND',
    'RIPPLE_KEY_IN_USE',
    'RIPPLE_DISK_FULL',
  ],
  examples: [],
  surfaces: { mcp: 'holochain.register_node' },
})

/** Finds an installed DNA; a foreign one is refused. */
export const installDna = defineOperation({
  name: 'holochain.install_dna',
  title: 'Install a DNA',
  summary: "Show that a DNA of Ripple's hApp is installed; a foreign DNA is refused",
  description:
    "Returns the installed DNAs of Ripple's own hApp with their cells, or one of them. A daemon installs them when it starts. Its conductor runs no foreign DNA: nothing here could call it, and it would have no bounds of memory and disk.",
  effect: 'write',
  scope: 'admin',
  idempotent: true,
  input: z.strictObject({
    dna: z
      .string()
      .regex(/^[\w-]{1,64}$/, 'not a role or a DNA hash')
      .nullable()
      .default(null)
      .describe('its role or its hash; if left out, all of them'),
  }),
  output: z.strictObject({
    status: z.literal('already_installed').describe('always this: a daemon installs them when it starts'),
    agent_pubkey: agentField,
    dnas: z
      .array(
        z.strictObject({
          role: z.string().describe('its role in the hApp'),
          dna_hash: z.string().describe('its hash'),
        }),
      )
      .describe('the DNAs; resource_mesh has one for each open epoch'),
    cell_ids: cellsField,
  }),
  errors: ['RIPPLE_DNA_FOREIGN'],
  examples: [],
  surfaces: { mcp: 'holochain.install_dna' },
})
