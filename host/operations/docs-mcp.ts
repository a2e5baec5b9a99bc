/** Makes docs/MCP.md from the operations that are tools. */

import { mcpLimits } from '../limits/mcp.ts'
import { limits } from '../limits.ts'
import { daemonOperations } from './registry.ts'

const { mcp_text_chars_max, mcp_items_max, mcp_output_bytes_max } = mcpLimits

const preface = `<!-- Made by \`npm run docs:build\` from host/operations/docs-mcp.ts and the shapes of the operations; edit those. -->
# MCP

Agents use the mesh by the [Model Context Protocol](https://modelcontextprotocol.io): they ask models, post tasks, wait for them
and read why. The daemon serves it at \`/mcp\` (streamable HTTP), and \`ripple mcp\` serves it on standard input and output. Both
speak revision 2026-07-28 and the earlier ones.

## Start

An agent that starts its servers itself (Claude Code, Codex, Cursor, VS Code, opencode) gets the command \`ripple mcp\`:

\`\`\`sh
ripple up --detach
claude mcp add ripple -- ripple mcp
codex mcp add ripple -- ripple mcp
\`\`\`

\`\`\`json
{ "mcpServers": { "ripple": { "command": "ripple", "args": ["mcp"] } } }
\`\`\`

The daemon may start later, and start again: a call without it is answered with \`RIPPLE_NO_DAEMON\`.

An agent that connects by HTTP needs the address and a key. Make a key for each agent, with the scopes that it needs:

\`\`\`sh
ripple key create my-agent --scope infer,read,write
ripple status --json   # api.url, such as http://127.0.0.1:4747
\`\`\`

\`\`\`json
{
  "mcpServers": {
    "ripple": {
      "type": "http",
      "url": "http://127.0.0.1:4747/mcp",
      "headers": { "Authorization": "Bearer <key>" }
    }
  }
}
\`\`\`

| choice | by HTTP | by \`ripple mcp\` |
|---|---|---|
| only tools that change nothing and ask no model | \`/mcp?read-only\` | \`--read-only\` |
| names without dots (\`task_list\`), for clients that refuse them | \`/mcp?underscores\` | \`--underscores\` |
| a key of its own, in place of the owner's token | the header \`Authorization\` | the variable \`RIPPLE_SECRET_MCP_KEY\` |

A key lists and calls the tools of its scopes alone. A tool can be called by both of its names, whichever are listed.

## Tasks

\`inference.single_query\` and \`inference.moe_query\` return when the answer is there. For longer work, post a task with
\`resources.schedule_task\` and wait with \`ripple_task_wait\`. A wait returns after ${limits.task_wait_ms / 1_000} s at the latest, with the
task as it is, so that no client gives up on it; call it again to wait longer. A client that asks for progress gets each step.
A call that the client cancels ends here too. The task itself goes on until \`task.cancel\`.

## Output

Every output is the JSON of the operation, as \`structuredContent\` and as text. A sentence before it marks it as data, because
prompts, answers and names may come from other people and models.

- A text is cut after ${mcp_text_chars_max} characters, and a list after ${mcp_items_max} items. The sentence names each cut.
- An output that is still larger than ${mcp_output_bytes_max} bytes is the error \`RIPPLE_OUTPUT_TOO_LARGE\`.
- A failure is a result with \`isError\`, and holds the code, the message and the hint of [ERRORS.md](ERRORS.md).

## Tools

Each tool is an operation of [CLI.md](CLI.md), with its input and its output. The names with \`holochain.\`, \`resources.\` and
\`inference.\` are those of the wire contract.

| tool | operation | scope | effect | purpose |
|---|---|---|---|---|
`

/** Returns the page of the Model Context Protocol. */
export function mcpPage(): string {
  const rows = daemonOperations.flatMap(({ name, scope, effect, summary, surfaces }) =>
    surfaces.mcp === undefined
      ? []
      : [`| \`${surfaces.mcp}\` | \`${name}\` | \`${scope}\` | ${effect} | ${summary} |\n`],
  )
  return preface + rows.join('')
}
