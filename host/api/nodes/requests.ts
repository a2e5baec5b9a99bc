/** Defines the bodies that the node API takes. Fields of other clients are tolerated, and the answer names those ignored. */
import { z } from 'zod'
import { limits } from '../../limits.ts'
import { varsField } from '../../operations/deployment/shape.ts'

const nodeId = z.string().min(1).max(128).describe("a machine's agent key or name")

/** A registration. */
export const registerBody = z.looseObject({
  name: z.string().min(1).max(128).describe('name of the machine, which must be this one'),
  capabilities: z.looseObject({}).optional().describe('ignored: the card of the machine is measured'),
  agent_version: z.string().max(64).optional().describe('ignored'),
  ip: z.string().max(64).optional().describe('ignored'),
})

const amount = z.number().min(0)

/** A heartbeat. */
export const heartbeatBody = z.looseObject({
  node_id: nodeId.optional().describe('the machine, in the short form alone'),
  cpu: amount.optional().describe('ignored: the load is measured'),
  mem: amount.optional().describe('ignored: the load is measured'),
  gpu_util: amount.optional().describe('ignored: the load is measured'),
  running_containers: z.array(z.unknown()).max(1_024).optional().describe('ignored: no executor runs any'),
})

/** A deployment. */
export const deployBody = z.strictObject({
  node_id: nodeId.optional().describe('the machine, in the short form alone; if left out, this one'),
  deployment_id: z.uuid().describe('the id that the client chose'),
  template_id: z.string().min(1).max(64).describe('the template'),
  rendered_compose: z
    .string()
    .max(limits.compose_chars_max)
    .optional()
    .describe('the compose file; validated by its size alone'),
  env: varsField.default({}).describe("values of the template's variables"),
  action: z.enum(['apply', 'remove']).default('apply').describe('whether it is to run or to go'),
})

/** An eviction: of a task, which is cancelled, or of a deployment, which only an executor could end. */
export const evictBody = z.union([
  z.strictObject({ id: z.string().min(1).max(128).describe("a task's key or hash, as GET /pods lists it") }),
  z.strictObject({ deployment_id: z.uuid().describe('a deployment') }),
])

/** What is to be scheduled: the fields of `task.post`, or with `plan` those of `task.plan`. */
export const scheduleBody = z.looseObject({
  plan: z.boolean().default(false).describe('say where the task would run, and post nothing'),
})
