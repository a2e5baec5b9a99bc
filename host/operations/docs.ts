/** Writes docs/CLI.md, docs/ERRORS.md, docs/EVENTS.md, docs/METRICS.md and docs/MCP.md. */
import { readFileSync, writeFileSync } from 'node:fs'
import { envSettings } from '../config/settings.ts'
import type { ErrorRow } from '../errors/row.ts'
import { errors } from '../errors/table.ts'
import { type Scope, scopes } from '../types/principal.ts'
import { eventsPage } from './docs-events.ts'
import { mcpPage } from './docs-mcp.ts'
import { metricsPage } from './docs-metrics.ts'
import { waysIn } from './fields.ts'
import type { Operation } from './operation.ts'
import { daemonOperations, localOperations, routeOf } from './registry.ts'

const made = '<!-- Made by `npm run docs:build` from host/operations and host/errors; edit those. -->'

const exitCodes = [
  ['0', 'done'],
  ['1', 'the task or operation failed'],
  ['2', 'usage or configuration'],
  ['3', 'no daemon'],
  ['4', 'refused by policy'],
  ['5', 'timed out'],
  ['130', 'interrupted'],
]

/** Returns the page of commands and routes. */
function cliPage(): string {
  const routes = daemonOperations.map(({ name }) => name)
  const locals = localOperations.map(({ name }) => name)
  const remote = daemonOperations.filter(({ name }) => !locals.includes(name))
  return [
    made,
    '# Commands and routes',
    '',
    'Every command takes `--json` (one JSON document on standard output, errors too), `--data DIR` and `--help`. Data goes to',
    'standard output, everything else to standard error.',
    '',
    'Every verb of the daemon is also a route of its API: `POST` with a JSON body, `Authorization: Bearer <token>`, on the address',
    'that `ripple status --json` names. `GET /api/events` streams events (see [EVENTS.md](EVENTS.md)), `GET /healthz` answers',
    'while the daemon lives. `/v1` speaks as OpenAI does: models, chat completions, completions, embeddings and',
    'responses, and as Anthropic does: messages.',
    '`GET /api/openapi.json` describes every route and the schemas of its input and output, as OpenAPI 3.1.',
    '`GET /` is the page: its files take no token, and `ripple open` lets it in.',
    '',
    '## Exit codes',
    '',
    ...rows(['code', 'meaning'], exitCodes),
    '',
    '## Scopes',
    '',
    'A key may call the operations of its scopes. The API token and a page have all scopes; the key in `openai.key` has `infer`.',
    'Only `admin` may name a file of this machine to read or write.',
    '',
    ...rows(['scope', 'operations'], scopes.map(scopeRow)),
    '',
    '## Commands',
    ...localOperations.flatMap((one) => section(one, routes.includes(one.name))),
    ...remote.flatMap((one) => section(one, true)),
    '',
    '## Settings',
    '',
    'Flags win over the environment, the environment over the file (`$XDG_CONFIG_HOME/ripple/config.yaml`, or the one that',
    '`RIPPLE_CONFIG` names), the file over the defaults.',
    '',
    ...rows(
      ['field', 'variable', 'what it is'],
      envSettings.map((one) => [`\`${one.path.join('.')}\``, `\`${one.env}\``, one.about]),
    ),
    '',
    'A secret is named in the file and never stands there. `RIPPLE_SECRET_<NAME>` gives it, else what `ripple secret set` has kept.',
    '',
  ].join('\n')
}

/** Returns the operations of the daemon that require a scope. */
function scopeRow(scope: Scope): string[] {
  const names = daemonOperations
    .filter((one) => one.scope === scope)
    .flatMap(({ names }) => names.map((name) => `\`${name}\``))
  return [`\`${scope}\``, names.join(', ')]
}

/** Returns the page of errors. */
function errorsPage(): string {
  const table: Readonly<Record<string, ErrorRow>> = errors
  return [
    made,
    '# Errors',
    '',
    'Codes are stable. A command prints `error: ... [CODE]` and a hint; with `--json`, and from the API, the same comes as',
    '`{"error": {"code", "message", "hint", "facts"}}`. `ripple explain CODE` prints a row of this table.',
    '',
    ...rows(
      ['code', 'says', 'hint', 'HTTP', 'exit'],
      Object.entries(table).map(([code, row]) => [
        `\`${code}\``,
        escapeCell(row.message),
        escapeCell(row.hint),
        String(row.http),
        String(row.exit),
      ]),
    ),
    '',
  ].join('\n')
}

/** Returns the generated pages, by their path from the root of the repository. */
export function pages(): Readonly<Record<string, string>> {
  return {
    'docs/CLI.md': cliPage(),
    'docs/ERRORS.md': errorsPage(),
    'docs/EVENTS.md': eventsPage(),
    'docs/METRICS.md': metricsPage(),
    'docs/MCP.md': mcpPage(),
  }
}

function section(operation: Operation, isRoute: boolean): string[] {
  const { name, names, summary, errors, scope, examples } = operation
  const flags = waysIn(operation).map(({ field, as, about, type, usual }) => [
    `\`${as}\``,
    `\`${field}\``,
    escapeCell(type),
    usual === null ? '' : `\`${usual}\``,
    escapeCell(about),
  ])
  const routes = names.map((one) => `\`POST ${routeOf(one)}\``).join(', ')
  const codes = errors.map((code) => `\`${code}\``).join(', ')
  return [
    '',
    `### ripple ${operation.command(name)}`,
    '',
    `${summary}.${isRoute ? ` Route: ${routes}; scope \`${scope}\`.` : ''}`,
    ...(flags.length === 0 ? [] : ['', ...rows(['option', 'field', 'value', 'default', 'meaning'], flags)]),
    ...(codes === '' ? [] : ['', `Errors: ${codes}.`]),
    '',
    '```sh',
    ...examples,
    '```',
  ]
}

function rows(head: readonly string[], body: readonly (readonly string[])[]): string[] {
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`
  return [line(head), line(head.map(() => '---')), ...body.map(line)]
}

function escapeCell(text: string): string {
  return text.replaceAll('|', '\\|').replaceAll('<', '&lt;')
}

/** Writes the pages, or with `--check` says by the exit code whether they are up to date. */
function main(check: boolean): void {
  for (const [path, text] of Object.entries(pages())) {
    const file = new URL(`../../${path}`, import.meta.url)
    if (!check) writeFileSync(file, text)
    else if (readFileSync(file, 'utf8') !== text) process.exitCode = 1
  }
}

if (import.meta.main) main(process.argv.includes('--check'))
