/** Serves MCP's extension for tasks: instead of a wait, a client gets a handle of the mesh's task, and asks for its state. */
import {
  type CallToolResult,
  CLIENT_CAPABILITIES_META_KEY,
  MissingRequiredClientCapabilityError,
  ProtocolError,
  ProtocolErrorCode,
  type Server,
  type ServerContext,
} from '@modelcontextprotocol/server'
import { z } from 'zod'
import { mcpLimits } from '../../limits/mcp.ts'
import { closedStates, taskView } from '../../operations/task/view.ts'
import { callTool, type ToolCall, type ToolNeeds } from './call-tool.ts'
import type { Caller } from './caller.ts'
import { handlerOf } from './tool-names.ts'

/** What the server declares, and each request of a client with the extension. */
export const tasksExtension = { 'io.modelcontextprotocol/tasks': {} }

/** The tools that return a task, with the input by which they return it at once. */
const withoutWait: ReadonlyMap<string | undefined, object> = new Map([
  ['resources.schedule_task', { wait: false }],
  ['ripple_task_wait', { for_ms: 1 }],
])

/** The envelope of a request whose client has the extension. */
const declaring = z.object({
  [CLIENT_CAPABILITIES_META_KEY]: z.object({
    extensions: z.object({ 'io.modelcontextprotocol/tasks': z.object({}) }),
  }),
})

type Task = z.output<typeof taskView>
type Asked = ServerContext['mcpReq']

/** Calls a tool. If it returns an open task and the client has the extension, the result is a handle of the task. */
export async function callAsTask(needs: ToolNeeds, call: ToolCall, asked: Asked): Promise<CallToolResult> {
  const atOnce = hasExtension(asked) && withoutWait.get(handlerOf(call.name)?.operation.surfaces.mcp)
  if (!atOnce) return callTool(needs, call)
  const result = await callTool(needs, { ...call, given: { ...Object(call.given), ...atOnce } })
  if (result.isError) return result
  const task = taskView.parse(result.structuredContent)
  if (closedStates.has(task.state)) return result
  return { resultType: 'task', ...handleOf(task), content: [] }
}

/** Adds the methods of the extension to a server of 2026-07-28. */
export function serveTasks(server: Server, needs: ToolNeeds, caller: Caller): void {
  const params = z.looseObject({ taskId: z.string() })
  /** Calls the tool of a method for the task that it names. */
  const on = async (tool: string, id: string, { mcpReq }: ServerContext): Promise<CallToolResult> => {
    if (!hasExtension(mcpReq)) throw lacksExtension()
    const signal = AbortSignal.any([caller.signal, mcpReq.signal])
    const result = await callTool(needs, { name: tool, given: { id }, caller, signal, onStep: null })
    if (result.isError) throw asProtocolError(result)
    return result
  }
  server.setRequestHandler('tasks/get', { params }, async ({ taskId }, context) => {
    const result = await on('task.show', taskId, context)
    const handle = handleOf(taskView.parse(result.structuredContent))
    // The SDK marks only the outer result, and clients want the mark in both.
    return handle.status === 'completed'
      ? { ...handle, result: { resultType: 'complete', ...result } }
      : handle
  })
  server.setRequestHandler('tasks/cancel', { params }, async ({ taskId }, context) => {
    await on('task.cancel', taskId, context)
    return {}
  })
  // Ripple asks its clients nothing, so an answer of theirs belongs to no question.
  server.setRequestHandler('tasks/update', { params }, async ({ taskId }, context) => {
    await on('task.show', taskId, context)
    return {}
  })
}

const follows = z.object({
  ...{ method: z.literal('subscriptions/listen'), id: z.unknown() },
  params: z.object({ notifications: z.object({ taskIds: z.unknown() }), _meta: z.unknown() }),
})

/** Returns the refusal of a client that follows tasks without the extension; null for any other message. */
export function refusalToFollow(message: unknown): object | null {
  const { data } = follows.safeParse(message)
  if (data?.params.notifications.taskIds === undefined || declaring.safeParse(data.params._meta).success)
    return null
  const { code, message: text, data: facts } = lacksExtension()
  return { jsonrpc: '2.0', id: data.id, error: { code, message: text, data: facts } }
}

function lacksExtension(): ProtocolError {
  return new MissingRequiredClientCapabilityError({ requiredCapabilities: { extensions: tasksExtension } })
}

function hasExtension({ envelope }: Asked): boolean {
  return declaring.safeParse(envelope).success
}

/** Describes a task in the extension's words. A task that failed is completed as well: its result says so. */
function handleOf({ task, state, ended, times }: Task) {
  const { posted_at: created, ...others } = times
  const updated = Math.max(created, ...Object.values(others).map((at) => at ?? 0))
  const closed = closedStates.has(state) ? 'completed' : 'working'
  return {
    taskId: task,
    status: state === 'cancelled' ? state : closed,
    statusMessage: ended === null ? state : `${state}: ${ended.why}`,
    createdAt: new Date(created).toISOString(),
    lastUpdatedAt: new Date(updated).toISOString(),
    ttlMs: null,
    pollIntervalMs: mcpLimits.mcp_task_poll_ms,
  }
}

/** Turns a failed call into an error that says whether there is such a task. */
function asProtocolError({ content: [first] }: CallToolResult): ProtocolError {
  const text = first?.type === 'text' ? first.text : ''
  const isUnknown = /"RIPPLE_(TASK_UNKNOWN|BODY_INVALID)"/.test(text)
  return new ProtocolError(
    isUnknown ? ProtocolErrorCode.InvalidParams : ProtocolErrorCode.InternalError,
    text,
  )
}
