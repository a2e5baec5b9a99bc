/** Gives what tools read an address of its own, for clients that attach it to a conversation. */
import {
  ProtocolError,
  ProtocolErrorCode,
  type ReadResourceResult,
  ResourceNotFoundError,
} from '@modelcontextprotocol/server'
import { callTool, type ToolCall, type ToolNeeds } from './call-tool.ts'
import type { Caller } from './caller.ts'
import { handlerOf, mayCall } from './tool-names.ts'

/** An address, with at most one variable, and the tool that reads it; the variable is a field of the tool's input. */
interface Source {
  readonly uri: string
  readonly name: string
  readonly tool: string
  readonly description: string
}

const sources: readonly Source[] = [
  {
    uri: 'ripple://peers',
    name: 'peers',
    tool: 'holochain.query_peers',
    description: 'The machines of the mesh, with their state',
  },
  {
    uri: 'ripple://policies',
    name: 'policies',
    tool: 'policy.list',
    description: 'The rules that gate everything on this machine, with their counts',
  },
  { uri: 'ripple://tasks', name: 'tasks', tool: 'task.list', description: 'The tasks of this machine' },
  {
    uri: 'ripple://policies/{name}',
    name: 'policy',
    tool: 'policy.show',
    description: 'A policy with its rules and its source',
  },
  {
    uri: 'ripple://tasks/{id}',
    name: 'task',
    tool: 'task.show',
    description: 'A task with its answer and its cost',
  },
  {
    uri: 'ripple://tasks/{id}/history',
    name: 'task-history',
    tool: 'task.why',
    description: "A task's attempts, the answers of its peers, and the decisions about it",
  },
  {
    uri: 'ripple://tasks/{id}/receipt',
    name: 'receipt',
    tool: 'task.receipt',
    description: "The file of a task's receipt, which 'ripple verify' checks",
  },
]

const mimeType = 'application/json'
const variable = /\{(\w+)\}/

/** Lists the resources that a caller may read. */
export function resourcesOf(caller: Caller) {
  return readable(caller).flatMap(({ uri, name, description }) =>
    variable.test(uri) ? [] : [{ uri, name, description, mimeType }],
  )
}

/** Lists the forms of addresses that a caller may read. */
export function templatesOf(caller: Caller) {
  return readable(caller).flatMap(({ uri, name, description }) =>
    variable.test(uri) ? [{ uriTemplate: uri, name, description, mimeType }] : [],
  )
}

function readable(caller: Caller): readonly Source[] {
  return sources.filter(({ tool }) => {
    const handler = handlerOf(tool)
    return handler !== null && mayCall(caller, handler)
  })
}

/** Reads a resource. Throws a protocol error for an unknown address, and for a failure of its tool. */
export async function readResource(
  needs: ToolNeeds,
  uri: string,
  call: Pick<ToolCall, 'caller' | 'signal'>,
): Promise<ReadResourceResult> {
  for (const { uri: form, tool } of sources) {
    const given = inputIn(uri, form)
    if (given === null) continue
    const { isError, content } = await callTool(needs, { ...call, name: tool, given, onStep: null })
    const [first, second] = content.map((one) => (one.type === 'text' ? one.text : ''))
    if (isError) throw new ProtocolError(ProtocolErrorCode.InvalidParams, first ?? '', { uri })
    return { contents: [{ uri, mimeType, text: second ?? '', _meta: { 'ripple/notice': first } }] }
  }
  throw new ResourceNotFoundError(uri)
}

/** Returns the input that an address names; null if it is not of the form. */
function inputIn(uri: string, form: string): Record<string, string> | null {
  const [before = '', field, after = ''] = form.split(variable)
  if (field === undefined) return uri === form ? {} : null
  if (!uri.startsWith(before) || !uri.endsWith(after)) return null
  const value = uri.slice(before.length, uri.length - after.length)
  return /^[^/?#]+$/.test(value) && URL.canParse(uri) ? { [field]: decoded(value) } : null
}

/** Decodes a part of an address; a part that cannot be decoded stays as it is, and no id fits it. */
function decoded(part: string): string {
  try {
    return decodeURIComponent(part)
  } catch {
    return part
  }
}
