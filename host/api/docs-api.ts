/** Makes docs/API.md from the routes of the API. */
import { readFileSync, writeFileSync } from 'node:fs'
import { type Route, routes } from './openapi.ts'

const preface = `<!-- Made by \`npm run docs:build\` from host/api/openapi.ts and the shapes of the operations; edit those. -->
# API

This page lists the routes of the daemon's API, for people who write programs for it. [node-api.md](node-api.md) has the WebSocket
of logs.

## Start

\`\`\`sh
key=$(ripple key create my-program --scope read)
curl -s -H "authorization: Bearer $key" -H 'content-type: application/json' \\
  -d '{}' http://127.0.0.1:4747/api/status # prints "conductor"
\`\`\`

\`ripple status\` prints the address; 4747 is the usual port. \`GET /api/openapi.json\` gives, as OpenAPI 3.1, the
schemas of the operations' input and output, and those of other bodies. Errors have the stable codes of [ERRORS.md](ERRORS.md).

The answer's form follows the route's family:

| routes | page |
|---|---|
| \`/api/...\` of an operation | the command of the same name in [CLI.md](CLI.md) |
| \`/api/events\` | [EVENTS.md](EVENTS.md) |
| \`/v1/chat/completions\`, \`/v1/completions\`, \`/v1/embeddings\`, \`/v1/models\` | [openai-endpoint.md](openai-endpoint.md) |
| \`/v1/responses\` | [responses.md](responses.md) |
| \`/v1/messages\` | [messages.md](messages.md) |
| \`/mcp\` | [MCP.md](MCP.md) |
| A2A's | [a2a.md](a2a.md) |
| those of the node API | [node-api.md](node-api.md) |
| \`/metrics\` | [METRICS.md](METRICS.md) |

Ollama's routes have a port of their own ([ollama.md](ollama.md)).

## Routes

A key with one of the scopes opens a route; a route without a scope needs no key. At \`/mcp\` and \`/a2a\`, each
tool or method needs its own scope too.

| route | scope | effect | purpose |
|---|---|---|---|
`

function row({ method, path, summary, open, facts = {} }: Route): string {
  const scopes = open ? [] : [facts['x-ripple-scope'] ?? []].flat()
  const named = scopes.map((scope) => `\`${String(scope)}\``).join(', ')
  const effect = String(facts['x-ripple-effect'] ?? '')
  return `| \`${method.toUpperCase()} ${path}\` | ${named} | ${effect} | ${summary.replaceAll('|', '\\|')} |`
}

/** Returns the page. */
export function apiPage(): string {
  return `${preface}${routes().map(row).join('\n')}\n`
}

if (import.meta.main) {
  const file = new URL('../../docs/API.md', import.meta.url)
  if (!process.argv.includes('--check')) writeFileSync(file, apiPage())
  else if (readFileSync(file, 'utf8') !== apiPage()) process.exitCode = 1
}
