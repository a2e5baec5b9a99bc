/** Defines the port of tools, which MCP servers of the owner's choice offer. */
import type { McpServer } from '../config/mcp.ts'
import type { DataClass } from '../types/data-class.ts'
import type { Json } from '../types/json.ts'
import type { Principal } from '../types/principal.ts'

/** A tool, in its server's own words. They are untrusted and cut to their bounds. */
export interface Tool {
  readonly name: string
  readonly about: string
  /** The JSON schema of its arguments; null if it is larger than `limits.tool_schema_chars_max`. */
  readonly input: Json
  /** The data classes for which the owner allows it. */
  readonly data_classes: readonly DataClass[]
}

/** A server with its tools, or why they could not be listed. */
export interface ToolServer {
  readonly server: string
  readonly kind: McpServer['kind']
  readonly tools: readonly Tool[]
  /** Null unless the server failed. */
  readonly failure: string | null
}

/** A call of a tool. */
export interface Call {
  readonly server: string
  readonly tool: string
  readonly arguments: { readonly [name: string]: Json }
  readonly data_class: DataClass
  readonly principal: Principal
}

/** The answer of a tool. It is data from outside: bounded in size, and nothing else about it is certain. */
export interface ToolAnswer {
  /** Its texts, one after the other. Other content is named, and left out. */
  readonly text: string
  /** Its structured content; null without any. */
  readonly structured: Json
  /** Whether the tool reports that it failed. */
  readonly failed: boolean
}

/** The configured MCP servers, behind the policy. */
export interface Tools {
  /**
   * Lists the servers with their tools. A server that fails is listed with the reason. Rejects with `RIPPLE_BUSY` and the
   * signal's reason.
   */
  list(signal: AbortSignal): Promise<readonly ToolServer[]>
  /**
   * Calls a tool if the policy allows that. Rejects with `RIPPLE_TOOL_UNKNOWN`, `..._TOO_LARGE`, `..._FAILED`,
   * `RIPPLE_POLICY_REFUSED`, `RIPPLE_BUSY`, `RIPPLE_TIMEOUT`, `RIPPLE_UPSTREAM_NO_KEY`, `RIPPLE_SECRET_UNREADABLE` and the
   * signal's reason.
   */
  call(call: Call, signal: AbortSignal): Promise<ToolAnswer>
}
