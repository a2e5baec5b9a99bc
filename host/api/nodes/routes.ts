/** Adds the node API: nodes, capacity, pods, scheduling, deployments and logs over the operations of the daemon. */
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { z } from 'zod'
import { RippleError } from '../../errors/ripple-error.ts'
import { limits } from '../../limits.ts'
import type { Context } from '../../operations/context.ts'
import { deploymentPlan, deploymentTemplates } from '../../operations/deployment/shape.ts'
import { daemonHandlers } from '../../operations/handlers.ts'
import { peers } from '../../operations/machine/shape.ts'
import { type Operation, parseInput } from '../../operations/operation.ts'
import { findTask } from '../../operations/task/find.ts'
import { placementFields } from '../../operations/task/placement.ts'
import { taskCancel, taskList, taskPlan, taskPost } from '../../operations/task/shape.ts'
import { closedStates } from '../../operations/task/view.ts'
import type { Emit } from '../../telemetry/events.ts'
import { gone } from '../gone.ts'
import { callerOf, keyIn } from '../guard.ts'
import { followTask } from './follow-task.ts'
import { capacityView, nodeView, type PeerView, podView } from './node-view.ts'
import { deployBody, evictBody, heartbeatBody, registerBody, scheduleBody } from './requests.ts'

/** The parts of the daemon that this door uses. */
export interface NodeNeeds {
  readonly context: Context
  readonly emit: Emit
  port(): number
  /** Aborted when the daemon stops. */
  readonly signal: AbortSignal
}

/** Calls an operation for the caller of a request. */
type Call = <O extends Operation>(operation: O, input: unknown) => Promise<z.output<O['output']>>

/** What a route makes of a request. */
type Answer = (call: Call, request: FastifyRequest, reply: FastifyReply) => Promise<unknown>

const read = { config: { scopes: ['read'] }, exposeHeadRoute: false } as const
const write = { config: { scopes: ['admin'] } } as const

/** Adds the routes. Reads need the scope `read`, and all that writes needs `admin`. */
export function serveNodes(app: FastifyInstance, needs: NodeNeeds): void {
  const { context } = needs
  const by = (answer: Answer) => (request: FastifyRequest, reply: FastifyReply) =>
    answer(callOf(request, reply, needs), request, reply)
  const register: Answer = async (call, { body, headers }) => {
    const { name, ...rest } = parseInput(registerBody, body)
    const node = await ownNode(call, context, name)
    return {
      node_id: node.agent,
      // A peer issues no second key: the client goes on with its own.
      node_token: keyIn(headers) ?? null,
      control_plane_url: `http://127.0.0.1:${needs.port()}`,
      ...ignoring(rest),
    }
  }
  const heartbeat: Answer = async (call, { body, params }) => {
    const { node_id, ...rest } = parseInput(heartbeatBody, body)
    const node = await ownNode(call, context, idIn(params) ?? node_id ?? context.agent)
    const view = nodeView(node, Date.now())
    const { node_heartbeat_s: next_heartbeat_s } = limits
    return { node_id: view.id, status: view.status, next_heartbeat_s, ...ignoring(rest) }
  }
  const deploy: Answer = async (call, { body, params }, reply) => {
    const { node_id, template_id: template, env: vars, action } = parseInput(deployBody, body)
    const node = idIn(params) ?? node_id ?? context.agent
    const plan = await call(deploymentPlan, { template, action, node, vars })
    return reply.code(501).send({ ...new RippleError('RIPPLE_NO_EXECUTOR', { action }).toJSON(), plan })
  }

  app.get(
    '/capacity',
    read,
    by(async (call) => capacityView((await call(peers, { wide: true })).peers)),
  )
  app.get(
    '/pods',
    read,
    by(async (call) => ({ pods: await podsOf(call) })),
  )
  app.post('/schedule', write, by(schedule))
  app.post('/evict', write, by(evict))
  app.get(
    '/api/v1/nodes',
    read,
    by(async (call) => {
      const now = Date.now()
      return { nodes: (await call(peers, { wide: true })).peers.map((peer) => nodeView(peer, now)) }
    }),
  )
  app.get(
    '/api/v1/templates',
    read,
    by((call) => call(deploymentTemplates, {})),
  )
  app.get('/api/v1/deployments/:deployment_id/logs', read, logStream(needs))
  for (const path of ['/api/v1/nodes/register', '/register']) app.post(path, write, by(register))
  for (const path of ['/api/v1/nodes/:node_id/heartbeat', '/heartbeat']) app.post(path, write, by(heartbeat))
  for (const path of ['/api/v1/nodes/:node_id/deploy', '/deploy']) app.post(path, write, by(deploy))
}

function callOf(request: FastifyRequest, reply: FastifyReply, { context, signal: stop }: NodeNeeds): Call {
  const signal = AbortSignal.any([stop, gone(reply)])
  return async (operation, input) => {
    const handler = daemonHandlers.find((one) => one.operation === (operation as Operation))
    if (handler === undefined) throw new RippleError('RIPPLE_INTERNAL', { detail: `no ${operation.name}` })
    return (await handler.call(context, input, signal, callerOf(request))) as z.output<
      (typeof operation)['output']
    >
  }
}

async function podsOf(call: Call): Promise<object[]> {
  const { tasks } = await call(taskList, { past: 0 })
  return tasks.filter(({ state }) => !closedStates.has(state)).map(podView)
}

/** Posts a task, or with `plan` says where it would run. */
const schedule: Answer = async (call, { body }) => {
  const { plan, ...given } = parseInput(scheduleBody, body)
  if (!plan) return call(taskPost, given)
  // A plan needs no prompt, and takes the fields of a post alone.
  parseInput(taskPost.input.partial(), given)
  const wanted = Object.entries(given).filter(([name]) => Object.hasOwn(placementFields, name))
  return call(taskPlan, Object.fromEntries(wanted))
}

/** Cancels a task. A deployment could be ended by an executor alone. */
const evict: Answer = async (call, { body }) => {
  const given = parseInput(evictBody, body)
  if ('deployment_id' in given) throw new RippleError('RIPPLE_NO_EXECUTOR', { action: 'remove' })
  return podView(await call(taskCancel, given))
}

/**
 * Returns this machine if it is named so. Throws `RIPPLE_NODE_FOREIGN` for another one, which reports itself elsewhere, and
 * `RIPPLE_NODE_UNKNOWN`.
 */
async function ownNode(call: Call, { agent }: Context, node: string): Promise<PeerView> {
  const all = (await call(peers, { wide: true })).peers
  const named = all.filter((one) => one.agent === node || one.name === node)
  const own = named.find((one) => one.agent === agent)
  if (own !== undefined) return own
  throw new RippleError(named.length > 0 ? 'RIPPLE_NODE_FOREIGN' : 'RIPPLE_NODE_UNKNOWN', { node })
}

/** Names the fields of a request that change nothing. */
function ignoring(rest: object): { ripple: { ignored: string[] } } {
  return { ripple: { ignored: Object.keys(rest).slice(0, limits.deployment_vars_max) } }
}

function idIn(params: unknown): string | undefined {
  return (params as { node_id?: string }).node_id
}

/** Streams the log of a task as server-sent events, until the task is closed. */
function logStream({ context, signal: stop }: NodeNeeds) {
  let open = 0
  return async (request: FastifyRequest, reply: FastifyReply): Promise<unknown> => {
    const { deployment_id: id } = request.params as { deployment_id: string }
    // This mesh runs tasks, so the id of a deployment is the key or the hash of its task.
    const task = await findTask(context, id)
    if (open >= limits.event_streams_max) {
      const { event_streams_max: max, busy_retry_after_s: retry_after_s } = limits
      throw new RippleError('RIPPLE_BUSY', { what: 'the number of log streams', max, retry_after_s })
    }
    const out = reply.raw
    const begin = (): void => {
      if (out.headersSent) return
      reply.hijack()
      out.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store' })
    }
    const reader = {
      line: (event: { id: string; type: string }): void => {
        begin()
        if (out.destroyed) return
        out.write(`id: ${event.id}\nevent: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`)
        if (out.writableLength > limits.event_stream_bytes_max) out.destroy()
      },
      end: (): void => {
        begin()
        out.end()
      },
    }
    open += 1
    out.once('close', () => {
      open -= 1
    })
    const unfollow = await followTask(context, task, reader, AbortSignal.any([stop, gone(reply)]))
    begin()
    const ping = setInterval(() => out.write(': ping\n\n'), limits.event_ping_ms)
    const done = (): void => {
      clearInterval(ping)
      unfollow()
    }
    if (out.writableEnded || out.destroyed) done()
    else out.once('close', done)
    return reply
  }
}
