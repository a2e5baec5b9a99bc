/** Sets the limits of the Model Context Protocol's door. */

/** Bounds of MCP, each with its unit. */
export const mcpLimits = {
  /** The longest text in a tool's output, in UTF-16 units; a longer one is cut. */
  mcp_text_chars_max: 16_384,
  /** The most items of one list in a tool's output; the others are left out. */
  mcp_items_max: 200,
  /** The largest output of a tool, in bytes of JSON; a larger one is an error that asks for less. */
  mcp_output_bytes_max: 262_144,
  /** The most cuts that an output names. */
  mcp_cuts_named_max: 16,
  /** Milliseconds that a client may keep the lists of tools, resources and prompts. */
  mcp_list_ttl_ms: 60_000,
  /** The most streams of changes that clients follow at once. */
  mcp_subscriptions_max: 64,
  /** Milliseconds in which a changed resource is reported once, however often it changes. */
  mcp_update_gap_ms: 1_000,
  /** Milliseconds after which a client should ask again for the state of a task. */
  mcp_task_poll_ms: 1_000,
  /** The most calls of one `ripple mcp` that wait for an answer at once. */
  mcp_bridge_calls_max: 64,
} as const
