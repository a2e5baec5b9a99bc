/** Defines the operations that install Ripple on a machine and remove it. */
import { z } from 'zod'
import { defineOperation } from '../operation.ts'
import { nothing, pathField } from '../request-fields.ts'
import { foundView, serviceView } from './view.ts'

const archive = {
  sha256: z.string().describe("the archive's sha256"),
  bytes: z.number().int().positive().describe("the archive's size"),
  take: z.string().describe('the command for the other machine, typed in its clone'),
}

/** Packs the pinned programs into a file. */
export const toolsExport = defineOperation({
  name: 'tools.export',
  title: 'Pack the conductor',
  summary: 'Pack the conductor and the bootstrap server for another machine',
  description:
    'Packs the pinned conductor and bootstrap server into an archive, so that another machine of the same platform need not build them. The answer has the command that takes them there.',
  effect: 'write',
  idempotent: true,
  input: z.strictObject({
    file: pathField.optional().describe('the file or folder to write; the working folder if left out'),
  }),
  output: z.strictObject({ file: z.string().describe('the archive'), ...archive }),
  errors: [
    'RIPPLE_CONDUCTOR_MISSING',
    'RIPPLE_CONDUCTOR_VERSION',
    'RIPPLE_FILE_UNWRITABLE',
    'RIPPLE_DISK_FULL',
  ],
  examples: ['ripple tools export', 'ripple tools export /media/usb'],
  surfaces: { http: false, cli: { flags: { file: { as: '[FILE]', kind: 'path' } } } },
})

/** Serves the pinned programs to other machines of the LAN. */
export const toolsServe = defineOperation({
  name: 'tools.serve',
  title: 'Serve the conductor',
  summary: 'Serve the conductor and the bootstrap server to machines of the LAN, in the foreground',
  description:
    'Serves the archive of tools.export by HTTP until it is interrupted. The answer has the command that takes the programs on the other machine; its sha256 must travel by a person and not by the network.',
  effect: 'read',
  input: z.strictObject({
    listen: z.string().min(1).describe('where to listen; port 0 takes any, and 0.0.0.0 all addresses'),
  }),
  output: z.strictObject({ url: z.string().describe("the archive's URL"), ...archive }),
  errors: [
    'RIPPLE_LISTEN_ADDRESS',
    'RIPPLE_PORT_TAKEN',
    'RIPPLE_CONDUCTOR_MISSING',
    'RIPPLE_CONDUCTOR_VERSION',
    'RIPPLE_FILE_UNWRITABLE',
  ],
  examples: ['ripple tools serve --listen 192.168.1.20:41100'],
  surfaces: { http: false, cli: { flags: { listen: '--listen <IP:PORT>' } } },
})

/** Makes the daemon a service of this user. */
export const serviceInstall = defineOperation({
  name: 'service.install',
  title: 'Install the service',
  summary: 'Make the daemon a service of this user, and start it',
  description:
    'Writes a user unit of systemd, or an agent of launchd on macOS, that runs `up` on the data folder, and starts it. It names the data folder and the settings of this environment. A repetition writes the file anew and restarts the service.',
  effect: 'write',
  idempotent: true,
  input: z.strictObject({
    print: z.boolean().default(false).describe('only show the file and the commands, and change nothing'),
  }),
  output: z.strictObject({
    file: z.string().describe('the file of the service'),
    content: z.string().describe('its content'),
    commands: z.array(z.string()).describe('the commands that start the service'),
    service: serviceView.nullable().describe('the service afterwards; null if nothing was changed'),
  }),
  errors: [
    'RIPPLE_SERVICE_MANAGER',
    'RIPPLE_SERVICE_FOREIGN',
    'RIPPLE_DATA_IN_USE',
    'RIPPLE_CONDUCTOR_MISSING',
    'RIPPLE_CONDUCTOR_VERSION',
    'RIPPLE_FILE_UNWRITABLE',
  ],
  examples: ['ripple service install --print', 'ripple service install --data ~/second-peer'],
  surfaces: { http: false, cli: { flags: { print: '--print' } } },
})

/** Stops the service and removes its file. */
export const serviceUninstall = defineOperation({
  name: 'service.uninstall',
  title: 'Remove the service',
  summary: 'Stop the service and remove its file',
  description: 'Stops the service in good order and removes its file. The data folder stays as it is.',
  effect: 'destroy',
  idempotent: true,
  input: nothing,
  output: z.strictObject({
    file: z.string().describe('the file of the service'),
    removed: z.boolean().describe('whether it was there'),
  }),
  errors: ['RIPPLE_SERVICE_MANAGER', 'RIPPLE_SERVICE_FOREIGN', 'RIPPLE_FILE_UNWRITABLE'],
  examples: ['ripple service uninstall'],
  surfaces: { http: false, cli: {} },
})

/** Shows whether the service is installed and runs. */
export const serviceStatus = defineOperation({
  name: 'service.status',
  title: 'Show the service',
  summary: 'Show whether the service is installed and runs',
  description: 'Returns the state of the service as the service manager sees it.',
  effect: 'read',
  input: nothing,
  output: serviceView,
  errors: ['RIPPLE_SERVICE_MANAGER', 'RIPPLE_SERVICE_FOREIGN'],
  examples: ['ripple service status', 'ripple service status --json'],
  surfaces: { cli: {} },
})

/** Removes Ripple's files of this user. */
export const uninstall = defineOperation({
  name: 'uninstall',
  title: 'Uninstall',
  summary: 'Name what an uninstallation removes, and remove it with --yes',
  description:
    'Names the files of Ripple that would go, and removes them with yes: the service, the cache of programs and models, and the settings. Data folders, with keys, chains and receipts, stay unless keys is set. The clone stays.',
  effect: 'destroy',
  idempotent: true,
  input: z.strictObject({
    keys: z.boolean().default(false).describe('also remove keys, chains and receipts, which nobody else has'),
    yes: z.boolean().default(false).describe('remove; without it, nothing is changed'),
  }),
  output: z.strictObject({
    removes: z.array(foundView).describe('the files and folders that go'),
    stays: z.array(foundView).describe('the files and folders of the same places that stay'),
    removed: z.boolean().describe('whether they were removed'),
  }),
  errors: [
    'RIPPLE_DATA_IN_USE',
    'RIPPLE_SERVICE_MANAGER',
    'RIPPLE_SERVICE_FOREIGN',
    'RIPPLE_FILE_UNWRITABLE',
  ],
  examples: ['ripple uninstall', 'ripple uninstall --yes', 'ripple uninstall --keys --yes'],
  surfaces: { http: false, cli: { flags: { keys: '--keys', yes: '--yes' } } },
})
