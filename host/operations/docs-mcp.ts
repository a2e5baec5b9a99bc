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
ripple mcp install claude-code --dry-run # shows the change; codex, cursor, vscode and opencode as well
ripple mcp install claude-code
\`\`\`

The daemon makes a key of its own for the agent, such as \`mcp-claude-code\`, with the scopes infer, read and write; \`--scope\` names
others. So the policies and the audit file know which agent calls. \`ripple key rm mcp-claude-code\` ends its access.

The key stands in the agent's settings alone, in the variable \`RIPPLE_SECRET_MCP_KEY\`, and is not shown. The command warns if other
users of the machine can read that file. All other settings stay, and so does an entry that is named ripple, with its key. To get
another key, remove the entry and install again; the earlier key ends then.

By hand, most agents take this entry, which calls as the owner:

\`\`\`json
{ "mcpServers": { "ripple": { "command": "ripple", "args": ["mcp"] } } }
\`\`\`

The daemon may start later, and start again: a call without it is answered with \`RIPPLE_NO_DAEMON\`.

An agent that connects by HTTP needs the address and a key. Make a key for each agent, with the scopes that it needs:

\`\`\`sh
key=$(ripple key create my-agent --scope infer,read,write)
echo "$key"
curl -s http://127.0.0.1:4747/mcp -H "authorization: Bearer $key" -H 'content-type: application/json' \\
  -H 'accept: application/json, text/event-stream' -H 'mcp-protocol-version: 2025-06-18' \\
  -d '{"jsonrpc": "2.0", "id": 1, "method": "tools/list"}' # prints inference.single_query
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
\`resources.schedule_task\` and wait with \`ripple_task_wait\`. A wait returns after ${limits.task_wait_ms / 1_000} s with the task as
it is, so that no client gives up on it; \`for_ms\` sets another time. Call it again to wait longer. A client that asks for progress
gets each step. Cancelling a call ends the wait, not the task: \`task.cancel\` ends the task. By HTTP, clients of earlier revisions
cancel by closing the connection.

Clients of 2026-07-28 with the extension \`io.modelcontextprotocol/tasks\` need no wait. For them, \`resources.schedule_task\` and
\`ripple_task_wait\` return a handle of an open task at once, with its hash as \`taskId\`.

| method | what it does |
|---|---|
| \`tasks/get\` | \`task.show\`; once the task is closed, \`result\` is its output; a cancelled task has the status \`cancelled\` and no \`result\` |
| \`tasks/cancel\` | \`task.cancel\` |
| \`tasks/update\` | nothing: a task asks its client nothing |

A task that failed is \`completed\`, and its result says why. Each poll is a call with the same key, policy and audit line as the
tool. The handle is valid as long as this machine has the task. \`inference.single_query\` and
\`inference.moe_query\` answer without a handle, because their answer may come without a task.

The client learns the end by polling each ${mcpLimits.mcp_task_poll_ms / 1_000} s: \`notifications/tasks\` are not sent, since version 2.4.0 of the
SDK has no such subscription. It has no runtime for the older tasks of revision 2025-11-25 either, so clients of that revision use
\`ripple_task_wait\`.

## Output

Every output is the JSON of the operation, as \`structuredContent\` and as text. A sentence before it marks it as data, because
prompts, answers and names may come from other people and models.

- A text is cut after ${mcp_text_chars_max} characters, and a list after ${mcp_items_max} items. The sentence names the first ${mcpLimits.mcp_cuts_named_max} cuts.
- An output that is still larger than ${mcp_output_bytes_max} bytes is the error \`RIPPLE_OUTPUT_TOO_LARGE\`.
- A failure is a result with \`isError\`, and holds the code, the message and the hint of [ERRORS.md](ERRORS.md).

## Resources and prompts

| resource | what it reads |
|---|---|
| \`ripple://peers\`, \`ripple://tasks\`, \`ripple://policies\` | the machines, the tasks and the policies |
| \`ripple://tasks/{id}\` | a task with its answer |
| \`ripple://tasks/{id}/history\` | its attempts, and the answers of its peers |
| \`ripple://tasks/{id}/receipt\` | the file of its receipt, for \`ripple verify\`; needs the scope \`write\` |
| \`ripple://policies/{name}\` | a policy with its source |

A resource returns the output of a tool. It needs the same scope, has the same bounds, and is marked as data.

Clients of 2026-07-28 follow changes with \`subscriptions/listen\`, by HTTP and by \`ripple mcp\`, with the scope \`read\`. Changes
of these resources are reported:
\`ripple://peers\`, \`ripple://tasks\`, \`ripple://policies\`, \`ripple://tasks/{id}\` and \`ripple://tasks/{id}/history\`, each
address once in ${mcpLimits.mcp_update_gap_ms / 1_000} s at most. The \`{id}\` is the whole key or hash. All clients together may have ${mcpLimits.mcp_subscriptions_max} streams. Earlier revisions
would need a session for this, and are not offered it.

Three prompts show what the mesh
is for: \`ask_with_evidence\`, \`second_opinion\` and \`explain_task\`.

## Security

- The door listens on loopback. Each request needs a key, and its Host and Origin are checked.
- A tool runs as the caller of the key. The policies of this machine decide about its tasks and questions as for any caller.
- Each call is decided by the policy \`mcp\` and has a line in the audit file, with the caller and the tool, before anything happens.
- Each call is the event \`tool_called\` in the log, with the caller, the tool, the time and the code of its error.
- A tool that asks a model costs tokens, and its output names the cost. \`--tokens-per-day\` bounds a key that has only \`infer\` and
  \`read\`. Tokens of posted tasks (\`resources.schedule_task\`, scope \`write\`) are not counted.
- Only a key with \`admin\` may name files of this machine.

### Deny a tool

A caller may use each tool of its key's scopes. The owner denies further tools in the configuration ([configuration.md](configuration.md)),
to all callers or to one by the name of its key, and starts the daemon again:

\`\`\`yaml
policy:
  deny_calls:
    - model.pull # nobody may use it by MCP; the owner's commands still may
    - tool.call@cursor # the key named cursor may not use it
    - '*@visitor' # the key named visitor may use no tool
\`\`\`

Names are those of the table below, with dots; a daemon with an unknown one does not start. A denied call is the error
\`RIPPLE_POLICY_REFUSED\`. A denial applies to \`/mcp\` only: on other routes, the key's scopes decide. Rules that need more
than names are a policy of your own ([policy.md](policy.md)).

\`\`\`sh
ripple policy audit --point mcp                      # the newest calls, with their callers
ripple policy audit --point mcp --decided refused --about model.pull
\`\`\`

Each call, also one that only reads, adds a line of some 700 bytes. The audit file has a bounded size, and its oldest lines go
first: it holds some 90,000 decisions of all kinds, so an agent that asks once a second fills it in a day.

### The specification

Each MUST for servers in revision 2026-07-28, [Streamable HTTP](https://modelcontextprotocol.io/specification/2026-07-28/basic/transports/streamable-http),
with what holds it. A test is one of \`tests/unit/api/mcp/transport.test.ts\`, unless it names another file.

| MUST | held by |
|---|---|
| one endpoint that supports POST | test: the client lists a tool for each operation (\`clients.test.ts\`) |
| validate Origin; answer an invalid one with 403 | test: a foreign Origin is refused with 403 |
| answer an accepted notification with 202 and no body, and another with an error status | tests: a notification is answered with 202 and no body; a body that is not JSON is refused with 400 |
| answer a request with JSON or an event stream | SDK |
| notifications on a stream relate to its request | SDK; test: the client waits for a task, and sees its steps (\`clients.test.ts\`) |
| send no requests on a stream | not applicable: Ripple asks clients nothing; conformance suite: \`server-stateless\` |
| treat a closed stream as cancellation, and send nothing after it | test: the client ends a call that it gives up (\`clients.test.ts\`) |
| refuse a version in the header that differs from the body with 400 | test: a request is refused with 400 and -32020 for another version |
| answer an unsupported version with 400 and the supported ones | test: an unknown version is answered with 400 and the versions that are spoken |
| answer an unknown method with 404 and -32601 | test: an unknown method is answered with 404 and -32601 |
| refuse a request without the version header, unless earlier revisions are served | not applicable: they are served |
| refuse headers that do not match the body with 400 and -32020 | tests: a header that must repeat the body |
| decode a name in base64 before the comparison | test: the name may be in base64 |
| compare names of headers without regard to case, and their values with it | Node, SDK; conformance suite: \`http-header-validation\` |
| acknowledge \`subscriptions/listen\` with what is followed, and report nothing else on its stream | SDK; test: a client hears once of each chosen resource (\`changes.test.ts\`) |
| constraints of \`x-mcp-header\`, and checks of \`Mcp-Param-*\` | not applicable: no tool declares one |
| authorization by OAuth | not applicable: it is optional, and the door is on loopback with keys of its owner |

Each MUST for servers in the [extension for tasks](https://modelcontextprotocol.github.io/ext-tasks/specification/2026-07-28/tasks.html),
with the test in \`tests/unit/api/mcp/tasks.test.ts\` that holds it:

| MUST | held by |
|---|---|
| return a handle with \`resultType\` \`task\`, and only once \`tasks/get\` finds the task | a call is answered with a handle of its task |
| return no handle to a request that does not declare the extension | a client without the extension gets the task itself |
| refuse the three methods, and \`taskIds\` in \`subscriptions/listen\`, with -32021 for such a request | the same test |
| answer \`tasks/get\` by the status, and a completed task with its result | the state of a task is working until it closes |
| use \`failed\` for errors of JSON-RPC alone | the same test: a task that failed is completed |
| acknowledge \`tasks/cancel\` and \`tasks/update\` with an empty result | a cancelled task ends |
| refuse an unknown \`taskId\` of \`tasks/get\` with -32602 | an unknown task is refused with -32602 |
| requests for input, and their keys | not applicable: a task asks its client nothing |

\`tests/clients\` runs \`@modelcontextprotocol/conformance\` 0.2.0-alpha.12, the version that knows 2026-07-28, unmodified. The suite
asks for tools, resources and prompts of its own names, so the test serves those by the routes of \`/mcp\`, with their checks of Host
and Origin.

| scenarios | result |
|---|---|
| required by 2026-07-28 | all 37 pass |
| required by 2025-11-25 | 23 of 30 pass |
| a server that asks its client back (4), notifies it later (2), or has several streams of one session (1), in 2025-11-25 | not applicable: that needs a session, and Ripple answers each request by itself |
| tools of the suite that are tasks | not applicable: the extension's tests are in \`tests/unit/api/mcp/tasks.test.ts\` |

## Tools

Each tool is an operation of [CLI.md](CLI.md), with its input and its output. The names with \`holochain.\`, \`resources.\` and
\`inference.\` are those that other programs of this kind expect.

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
