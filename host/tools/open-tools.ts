/** Calls the tools of the configured MCP servers, each call behind the policy `tool`. */
import { randomUUID } from 'node:crypto'
import type { CallToolResult, Tool as McpTool } from '@modelcontextprotocol/client'
import type { McpConfig, McpServer } from '../config/mcp.ts'
import type { Secrets } from '../config/secrets.ts'
import { messageOf } from '../errors/message-of.ts'
import { refusedByPolicy } from '../errors/refused-by-policy.ts'
import { RippleError } from '../errors/ripple-error.ts'
import { limits } from '../limits.ts'
import { ownSecrets } from '../providers/egress.ts'
import { findingFamilies } from '../providers/filter/finding.ts'
import { scan } from '../providers/filter/scan.ts'
import type { Clock } from '../types/clock.ts'
import type { Gate } from '../types/decision.ts'
import type { Json } from '../types/json.ts'
import { principalFact } from '../types/principal.ts'
import { oneLine } from '../types/text/plain-text.ts'
import { type Use, withServer } from './connect.ts'
import type { Call, Tool, ToolAnswer, ToolServer, Tools } from './port.ts'

/** The ports that a call passes. */
export interface ToolNeeds {
  readonly config: McpConfig
  readonly secrets: Secrets
  /** Returns the keys that open this daemon's own API. Rejects if they exist and cannot be read. */
  apiKeys(): Promise<readonly string[]>
  readonly gate: Gate
  readonly clock: Clock
  /** The search path for programs. */
  readonly path: string
}

/** Opens the configured servers. Nothing is started or connected before it is used. */
export function openTools(needs: ToolNeeds): Tools {
  const { config } = needs
  const day = new CallDay(config.calls_per_day, needs.clock)
  let open = 0
  /** Acts within the bound of calls and lists at the same time: each starts programs. */
  const bounded = async <T>(act: () => Promise<T>): Promise<T> => {
    if (open >= limits.tool_calls_max) {
      const { tool_calls_max: max, busy_retry_after_s: retry_after_s } = limits
      throw new RippleError('RIPPLE_BUSY', { what: 'the number of calls of tools', max, retry_after_s })
    }
    open += 1
    try {
      return await act()
    } finally {
      open -= 1
    }
  }
  return {
    list: (signal) =>
      bounded(() => Promise.all(config.servers.map((server) => listed(server, needs, signal)))),
    call: async (call, signal) => {
      const server = config.servers.find(({ name }) => name === call.server) ?? unknown(call.server, config)
      return bounded(async () => {
        await judge(server, call, day, needs)
        return answerOf(server, call, needs, signal)
      })
    },
  }
}

function unknown(server: string, { servers }: McpConfig): never {
  const known = servers.map(({ name }) => name).join(', ') || 'none'
  throw new RippleError('RIPPLE_TOOL_UNKNOWN', { server, known })
}

/**
 * Asks the policy about a call; the gate writes its line to the audit file. Rejects if the call may not be made. The call
 * counts from the question on, so that calls at the same time do not pass the day's bound together.
 */
async function judge(server: McpServer, call: Call, day: CallDay, needs: ToolNeeds): Promise<void> {
  const text = JSON.stringify(call.arguments)
  const bytes = Buffer.byteLength(text)
  const max = limits.tool_arguments_bytes_max
  if (bytes > max)
    throw new RippleError('RIPPLE_TOOL_TOO_LARGE', { what: 'arguments', server: server.name, bytes, max })
  const findings = scan(text, await ownSecrets(needs))
  const id = randomUUID()
  const callsLeft = day.take()
  const decision = await needs.gate.decide('tool', id, {
    server: server.name,
    server_kind: server.kind,
    tool: call.tool,
    arguments: call.arguments,
    arguments_bytes: bytes,
    data_class: call.data_class,
    allows: needs.config.allows,
    secrets_found: findings.filter(({ kind }) => findingFamilies[kind] === 'secrets').length,
    calls_left: callsLeft,
    principal: principalFact(call.principal),
  })
  if (decision.allow) return
  day.giveBack()
  throw refusedByPolicy(decision, id)
}

async function answerOf(
  server: McpServer,
  call: Call,
  needs: ToolNeeds,
  signal: AbortSignal,
): Promise<ToolAnswer> {
  const result = await used(server, server.timeout_ms, needs, signal, (client, within) =>
    client.callTool(
      { name: call.tool, arguments: { ...call.arguments } },
      { signal: within, timeout: server.timeout_ms },
    ),
  )
  const bytes = Buffer.byteLength(JSON.stringify(result))
  const max = limits.tool_answer_bytes_max
  if (bytes > max)
    throw new RippleError('RIPPLE_TOOL_TOO_LARGE', { what: 'answers', server: server.name, bytes, max })
  return {
    text: textOf(result),
    structured: (result.structuredContent ?? null) as Json,
    failed: result.isError === true,
  }
}

function textOf({ content }: CallToolResult): string {
  return content.map((one) => (one.type === 'text' ? one.text : `[${one.type}]`)).join('\n')
}

async function listed(server: McpServer, needs: ToolNeeds, signal: AbortSignal): Promise<ToolServer> {
  const { name, kind } = server
  try {
    const { tools } = await used(server, limits.tool_list_ms, needs, signal, (client, within) =>
      client.listTools(undefined, { signal: within, timeout: limits.tool_list_ms }),
    )
    const shown = tools.slice(0, limits.tools_listed_max).map((tool) => toolOf(tool, server, needs))
    return { server: name, kind, tools: shown, failure: null }
  } catch (thrown) {
    signal.throwIfAborted()
    return { server: name, kind, tools: [], failure: messageOf(thrown) }
  }
}

function toolOf({ name, description, inputSchema }: McpTool, server: McpServer, { config }: ToolNeeds): Tool {
  const allowed = config.allows.filter((allow) => allow.server === server.name && allow.tool === name)
  const isSmall = JSON.stringify(inputSchema).length <= limits.tool_schema_chars_max
  return {
    name: name.slice(0, limits.tool_about_chars_max),
    about: (description ?? '').slice(0, limits.tool_about_chars_max),
    input: isSmall ? (inputSchema as Json) : null,
    data_classes: allowed.map(({ data_class }) => data_class),
  }
}

/** Uses a server within a time. Rejects with `RIPPLE_TOOL_FAILED` in the server's words, cut and on one line. */
async function used<T>(
  server: McpServer,
  ms: number,
  needs: ToolNeeds,
  signal: AbortSignal,
  use: Use<T>,
): Promise<T> {
  const key = await keyOf(server, needs.secrets)
  const within = AbortSignal.any([signal, AbortSignal.timeout(ms)])
  try {
    return await withServer(server, key, needs.path, within, use)
  } catch (thrown) {
    signal.throwIfAborted()
    if (within.aborted) throw new RippleError('RIPPLE_TIMEOUT', { what: server.name, ms }, { cause: thrown })
    if (thrown instanceof RippleError) throw thrown
    const detail = oneLine(messageOf(thrown)).slice(0, limits.tool_words_max)
    // The server's own error is as long as the server likes, and the log would have all of it.
    throw new RippleError('RIPPLE_TOOL_FAILED', { server: server.name, detail })
  }
}

async function keyOf({ name, key }: McpServer, secrets: Secrets): Promise<string | null> {
  if (key === null) return null
  const found = await secrets.get(key)
  if (found === null) throw new RippleError('RIPPLE_UPSTREAM_NO_KEY', { provider: name, secret: key })
  return found.reveal()
}

/** Milliseconds of a day. */
const DAY_MS = 86_400_000

/** Counts the calls of a UTC day, since the daemon's start. */
class CallDay {
  readonly #most: number
  readonly #clock: Clock
  #day = 0
  #calls = 0

  constructor(most: number, clock: Clock) {
    this.#most = most
    this.#clock = clock
  }

  /** Counts a call, and returns how many were left before it. */
  take(): number {
    const day = Math.floor(this.#clock.now() / DAY_MS)
    if (day !== this.#day) this.#calls = 0
    this.#day = day
    const left = this.#most - this.#calls
    this.#calls += 1
    return left
  }

  /** Takes back a call that was refused. */
  giveBack(): void {
    this.#calls -= 1
  }
}
