/** Defines the operations that install Ripple on a machine and remove it. */
import { z } from 'zod'
import { defineOperation } from '../operation.ts'
import { pathField } from '../request-fields.ts'

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
