/** Defines the operation that shows machines and running tasks at a glance. */
import { z } from 'zod'
import { peerView, statusView } from '../machine/view.ts'
import { defineOperation } from '../operation.ts'
import { taskView } from '../task/view.ts'

/** Shows the machines and the open tasks. */
export const top = defineOperation({
  name: 'top',
  title: 'Watch the mesh',
  summary: 'Watch the machines and the running tasks; q or Ctrl-C ends it',
  description:
    'Returns the machines of the network with their load, and the open tasks of this machine. On a terminal the command shows them again every second until q or Ctrl-C.',
  effect: 'read',
  input: z.strictObject({
    once: z
      .boolean()
      .default(false)
      .describe('show them once; so it is also with --json and without a terminal'),
  }),
  output: z.strictObject({
    ...statusView.pick({ name: true, presence: true, held_grants: true, draining: true }).shape,
    machines: z.array(peerView).describe('the machines'),
    tasks: z.array(taskView).describe('own tasks that are open, newest first'),
  }),
  errors: ['RIPPLE_NO_DAEMON'],
  examples: ['ripple top', 'ripple top --once', 'ripple top --json'],
  surfaces: { http: false, cli: { flags: { once: '--once' } } },
})
