/** Defines the operations that start and stop the daemon and the meeting point. */
import { z } from 'zod'
import { httpUrl, localName, machineName, networkName, peerAddress, port } from '../../types/machine-forms.ts'
import { defineOperation } from '../operation.ts'
import { nothing } from '../request-fields.ts'
import { readyView } from './view.ts'

/** Starts the daemon. */
export const up = defineOperation({
  name: 'up',
  title: 'Start',
  summary: 'Start the daemon, in the foreground unless --detach',
  description:
    'Starts the daemon of a data folder, and answers when it is ready. A daemon that already runs is left as it is. It joins the named network, or that of the last run, or the local network called home at the first start.',
  effect: 'write',
  idempotent: true,
  input: z.strictObject({
    network: networkName.optional().describe('local, testnet or mainnet'),
    name: machineName.optional().describe("this machine's name, as peers see it"),
    bootstrap: httpUrl.optional().describe('join the network of this bootstrap server'),
    local: localName.optional().describe('join the machines of this LAN whose local network has this name'),
    peer: peerAddress
      .optional()
      .describe(
        'a machine of the local network that mDNS does not reach, as 192.168.1.20:4001 or a multiaddr',
      ),
    port: port.optional().describe('port of the API on loopback; 0 takes any'),
    session: z
      .boolean()
      .default(false)
      .describe('use a temporary data folder and key, which go with the daemon'),
    detach: z.boolean().default(false).describe('return when the daemon is ready, and leave it running'),
  }),
  output: readyView,
  errors: [
    'RIPPLE_USAGE',
    'RIPPLE_CONFIG_INVALID',
    'RIPPLE_NETWORK_INVALID',
    'RIPPLE_DATA_NO_FOLDER',
    'RIPPLE_DATA_FORBIDDEN',
    'RIPPLE_DATA_IN_USE',
    'RIPPLE_DATA_NEWER',
    'RIPPLE_DATA_OTHER_NETWORK',
    'RIPPLE_NOTE_DAMAGED',
    'RIPPLE_JOURNAL_CORRUPT',
    'RIPPLE_PASSPHRASE',
    'RIPPLE_PORT_TAKEN',
    'RIPPLE_BOOTSTRAP_DOWN',
    'RIPPLE_CONDUCTOR_MISSING',
    'RIPPLE_CONDUCTOR_VERSION',
    'RIPPLE_CONDUCTOR_START',
    'RIPPLE_CONDUCTOR_DOWN',
    'RIPPLE_HAPP_MISMATCH',
    'RIPPLE_DISK_FULL',
    'RIPPLE_TIMEOUT',
  ],
  examples: [
    'ripple up',
    'ripple up --network local --data ~/second-peer --port 4748 --detach',
    "ripple up --bootstrap 'http://192.168.1.20:41000#k3v9'",
    'ripple up --local attic',
  ],
  surfaces: {
    http: false,
    cli: {
      flags: {
        network: '--network <NAME>',
        name: '--name <NAME>',
        bootstrap: '--bootstrap <URL>',
        local: '--local <NAME>',
        peer: '--peer <ADDRESS>',
        port: '--port <PORT>',
        session: '--session',
        detach: '--detach',
      },
    },
  },
})

/** Stops the daemon and waits until its process has gone. */
export const down = defineOperation({
  name: 'down',
  title: 'Stop and wait',
  summary: 'Stop the daemon and wait until it has gone',
  description: 'Stops the daemon of a data folder, and answers when its process has ended.',
  effect: 'destroy',
  idempotent: true,
  input: nothing,
  output: z.strictObject({
    pid: z.number().int().nullable().describe('its process; null if none ran'),
    stopped: z.boolean().describe('whether it was stopped'),
  }),
  errors: ['RIPPLE_NO_DAEMON', 'RIPPLE_TIMEOUT'],
  examples: ['ripple down', 'ripple down --data ~/second-peer'],
  surfaces: { http: false, cli: {} },
})

/** Runs a network's meeting point. */
export const relay = defineOperation({
  name: 'relay',
  title: 'Run a meeting point',
  summary: 'Run a meeting point in the foreground and print the line that joins it',
  description:
    "Runs a network's bootstrap server, by which conductors find each other and send their first packets, until it is interrupted. Returns the command with which other machines join. The next run has the same URL, unless new is set.",
  effect: 'write',
  input: z.strictObject({
    listen: z
      .string()
      .min(1)
      .default('127.0.0.1:0')
      .describe('where to listen, the same as before with the same URL; port 0 takes any'),
    tls_cert: z
      .string()
      .min(1)
      .optional()
      .describe('file of its certificate, as PEM; its first name is that of the URL'),
    tls_key: z.string().min(1).optional().describe("file of the certificate's key, as PEM"),
    new: z.boolean().default(false).describe('begin another network, with another URL'),
    print_unit: z
      .boolean()
      .default(false)
      .describe('print a unit by which systemd runs the meeting point, and run nothing'),
  }),
  output: z.strictObject({
    url: z.string().nullable().describe('its address, with the name of a local network; null for a unit'),
    join: z.string().nullable().describe('the command that joins it; null for a unit'),
    unit: z.string().nullable().describe('the unit for systemd; null if the meeting point runs'),
  }),
  errors: [
    'RIPPLE_USAGE',
    'RIPPLE_LISTEN_ADDRESS',
    'RIPPLE_FILE_UNREADABLE',
    'RIPPLE_PORT_TAKEN',
    'RIPPLE_BOOTSTRAP_START',
    'RIPPLE_NOTE_DAMAGED',
    'RIPPLE_CONDUCTOR_MISSING',
  ],
  examples: [
    'ripple relay --listen 192.168.1.20:41000',
    'RIPPLE_NETWORK=testnet ripple relay --listen 0.0.0.0:443 --tls-cert cert.pem --tls-key key.pem',
    'ripple relay --listen 0.0.0.0:443 --tls-cert cert.pem --tls-key key.pem --print-unit',
  ],
  surfaces: {
    http: false,
    cli: {
      flags: {
        listen: '--listen <IP:PORT>',
        tls_cert: '--tls-cert <FILE>',
        tls_key: '--tls-key <FILE>',
        new: '--new',
        print_unit: '--print-unit',
      },
    },
  },
})
