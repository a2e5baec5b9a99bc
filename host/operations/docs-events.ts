/** Makes docs/EVENTS.md from the catalogue of daemon events. */
import { z } from 'zod'
import { limits } from '../limits.ts'
import { catalogue } from '../telemetry/catalogue.ts'

const { events_kept_max, events_kept_bytes_max, event_ping_ms, event_stream_bytes_max } = limits

const preface = `<!-- Made by \`npm run docs:build\` from host/telemetry/catalogue.ts; edit that. -->
# Events

A daemon event is declared once, in \`host/telemetry/catalogue.ts\`. From there it goes to the log at its level, to the stream
of events under its kind, and to the history (\`logs/history.ndjson\`), by which the promises of the protocol are checked.

## Start

\`\`\`sh
ripple logs --limit 20          # the newest lines of the log; -f follows it
ripple logs level debug         # more lines, until the daemon ends or the level changes
ripple logs level info
ripple top --once               # the machines and the running tasks; without --once it stays

# The events that are kept, as a stream that curl ends after a second:
key=$(ripple key create watcher --scope read)
curl -sN -m 1 -H "authorization: Bearer $key" 'http://127.0.0.1:4747/api/events?kinds=peers' || true # prints event:
\`\`\`

## The stream

\`GET /api/events\` with a key that has the scope \`read\` streams server-sent events. \`kinds\` chooses some of them:
\`GET /api/events?kinds=tasks,peers\`. The data of each event is one JSON document: \`id\`, \`at\` (milliseconds since 1970),
\`type\`, and the fields of its row.

- An id is \`<run>-<number>\`. The run names this start of the daemon.
- A client returns with its last id, in the header \`Last-Event-ID\` or in \`after\`. It gets every later event once, in order.
- The daemon keeps the last ${events_kept_max} events of each kind, ${events_kept_bytes_max} bytes at most. The pieces of
  long answers have the kind \`text\`, so they push out no other event.
- If a later event is not kept any more, or the id is of an earlier run, the first event is \`reset\`. The client then reads
  again what it shows, and gets the events that are kept.
- A client without an id gets all kept events.
- A comment comes every ${event_ping_ms / 1_000} s. A reader that is ${event_stream_bytes_max} bytes behind is disconnected.

| event | kind | log | history | fields | meaning |
|---|---|---|---|---|---|
`

/** Returns the page of events. */
export function eventsPage(): string {
  const rows = Object.entries(catalogue).map(([name, { kind, level, history, fields, about }]) => {
    const types = Object.entries(z.toJSONSchema(fields).properties ?? {})
    const cells = types.map(([field, schema]) => `\`${field}\` ${typeName(schema)}`).join(', ')
    return `| \`${name}\` | ${kind ?? ''} | ${level ?? ''} | ${history ? 'yes' : ''} | ${cells} | ${about} |\n`
  })
  return preface + rows.join('')
}

/** Returns a type in words, such as `text or null`. */
function typeName(schema: z.core.JSONSchema._JSONSchema): string {
  const { enum: words, items, type } = schema as z.core.JSONSchema.BaseSchema
  if (words) return words.map((word) => `\`${word}\``).join(' or ')
  if (type === 'array') return `list of ${typeName(items as z.core.JSONSchema._JSONSchema)}`
  return [type].flat().join(' or ').replace('string', 'text')
}
