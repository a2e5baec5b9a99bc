/** Describes the routes of the node API for the OpenAPI document. */
import type { z } from 'zod'
import { jsonSchemaOf } from '../../operations/json-schema.ts'
import { deployBody, evictBody, heartbeatBody, registerBody, scheduleBody } from './requests.ts'

const parameter = (name: string, description: string) => ({
  ...{ name, description, in: 'path', required: true },
  schema: { type: 'string' },
})
const node = [parameter('node_id', "The machine's agent key or name.")]
const task = [parameter('deployment_id', "The task's key or hash.")]

const foreign = ['RIPPLE_NODE_FOREIGN', 'RIPPLE_NODE_UNKNOWN']
const none = ['RIPPLE_NO_EXECUTOR', 'RIPPLE_TEMPLATE_UNKNOWN', 'RIPPLE_NODE_UNKNOWN']

/** A route of the node API; its parts are those of the document. */
export interface NodeRoute {
  readonly path: string
  readonly method: 'get' | 'post'
  readonly id: string
  readonly summary: string
  readonly parameters?: readonly object[]
  readonly body?: z.ZodType
  readonly streams?: boolean
  readonly codes: readonly string[]
}

const reads: readonly NodeRoute[] = [
  { path: '/capacity', id: 'capacity', summary: 'Sum up what the machines of the mesh have' },
  { path: '/pods', id: 'pods', summary: 'List the open tasks of this machine as pods' },
  { path: '/api/v1/nodes', id: 'list', summary: 'List the machines of the mesh in the node model' },
  { path: '/api/v1/templates', id: 'templates', summary: 'List the templates of services' },
  {
    path: '/api/v1/deployments/{deployment_id}/logs',
    id: 'logs',
    summary: 'Stream the log of a task until it is closed',
    parameters: task,
    streams: true,
    codes: ['RIPPLE_TASK_UNKNOWN', 'RIPPLE_BUSY'],
  },
].map((route) => ({ codes: [], ...route, method: 'get' }))

/** A route with its short form, whose body names the machine. */
function withShort(route: Omit<NodeRoute, 'method'>, short: string): NodeRoute[] {
  const { parameters: _, ...rest } = route
  const shorter = {
    ...rest,
    path: `/${short}`,
    id: `${route.id}_short`,
    summary: `${route.summary}, in short form`,
  }
  return [route, shorter].map((one) => ({ ...one, method: 'post' }))
}

const register = {
  ...{ path: '/api/v1/nodes/register', id: 'register', summary: 'Register this machine at its own peer' },
  ...{ body: registerBody, codes: foreign },
}
const heartbeat = {
  ...{
    path: '/api/v1/nodes/{node_id}/heartbeat',
    id: 'heartbeat',
    summary: 'Report that this machine lives',
  },
  ...{ parameters: node, body: heartbeatBody, codes: foreign },
}
const deploy = {
  ...{ path: '/api/v1/nodes/{node_id}/deploy', id: 'deploy', summary: 'Check and plan a deployment' },
  ...{ parameters: node, body: deployBody, codes: none },
}

/** All routes of the node API. */
export const nodeRoutes: readonly NodeRoute[] = [
  ...reads,
  {
    ...{ path: '/schedule', method: 'post', id: 'schedule', summary: 'Post a task, or plan it' },
    ...{
      body: scheduleBody,
      codes: ['RIPPLE_TASK_INFEASIBLE', 'RIPPLE_MODEL_UNKNOWN', 'RIPPLE_MODEL_MISSING'],
    },
  },
  {
    ...{ path: '/evict', method: 'post', id: 'evict', summary: 'Cancel a task' },
    ...{ body: evictBody, codes: ['RIPPLE_TASK_UNKNOWN', 'RIPPLE_NO_EXECUTOR'] },
  },
  ...withShort(register, 'register'),
  ...withShort(heartbeat, 'heartbeat'),
  ...withShort(deploy, 'deploy'),
]

/** Returns the schema of a route's body; null without one. */
export function bodySchema({ body }: NodeRoute): ReturnType<typeof jsonSchemaOf> | null {
  return body === undefined ? null : jsonSchemaOf(body, 'input')
}
