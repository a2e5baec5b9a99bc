/** Makes docs/METRICS.md from the definitions of the metrics. */
import { limits } from '../limits.ts'
import { type Metric, metrics, seriesOf } from '../telemetry/metrics/definitions.ts'

/** The most values of a label that the table names one by one. */
const NAMED_MAX = 24

const all = Object.entries<Metric>(metrics)
const series = all.reduce((sum, [, metric]) => sum + seriesOf(metric), 0)

const preface = `<!-- Made by \`npm run docs:build\` from host/telemetry/metrics/definitions.ts; edit that. -->
# Metrics

\`GET /metrics\` gives the figures of one machine to Prometheus. It is for people who watch their machines with Prometheus and
Grafana. Every daemon serves it on the address of its API, on loopback.

## Start

1. Make a key that may only read, and write it to a file that Prometheus can read:

   \`\`\`sh
   (umask 077; ripple key create prometheus --scope read > ripple.key)
   curl -s -H "authorization: Bearer $(cat ripple.key)" http://127.0.0.1:4747/metrics # prints ripple_tasks_total
   \`\`\`

2. Give Prometheus the key and the port of the API (\`ripple status\`; 4747 unless \`api.port\` names another):

   \`\`\`yaml
   # prometheus.yml
   scrape_configs:
     - job_name: ripple
       authorization: { type: Bearer, credentials_file: ripple.key }
       static_configs:
         - targets: ['127.0.0.1:4747']
   \`\`\`

3. Start it with \`prometheus --config.file=prometheus.yml\`, and ask for \`ripple_tasks_total\`.

The key lives until \`ripple key rm prometheus\`. Prometheus must name the host as \`127.0.0.1\` or \`localhost\`, because the API
refuses other names. For another machine, forward the port with SSH.

## Dashboard and alerts

\`manifests/observability/\` has a configuration of Prometheus, a dashboard for Grafana and alert rules:

| file | use |
|---|---|
| \`prometheus.yml\` | \`prometheus --config.file=prometheus.yml\`, with \`ripple.key\` in the same folder |
| \`dashboard.json\` | Grafana: Dashboards, New, Import; then choose the Prometheus |
| \`alerts.yml\` | names the trouble and its fix; \`promtool test rules alerts.test.yml\` tries it with invented figures |

An alert says what is wrong, not why. \`ripple logs -f --level debug\` shows every event that is logged, after \`ripple logs level debug\`.

## Rules

- Counters begin at zero with each start of the daemon. Their series are there from the first scrape.
- A figure that cannot be read within ${limits.metric_scrape_ms / 1_000} s, for example without a conductor, has no sample.
- No label holds a key, a hash, a name or a text of a peer. Each label has the values of the table and no others, so a
  machine has at most ${series} series; the bound is ${limits.metric_series_max}.
- Events are those of [EVENTS.md](EVENTS.md).

| metric | type | labels | source | meaning |
|---|---|---|---|---|
`

/** Returns the page of metrics. */
export function metricsPage(): string {
  const rows = all.map(([name, { type, labels, from, about }]) => {
    const cells = Object.entries(labels).map(([label, values]) => `\`${label}\`: ${valuesText(values)}`)
    return `| \`${name}\` | ${type} | ${cells.join('; ')} | ${from} | ${about} |\n`
  })
  return preface + rows.join('')
}

function valuesText(values: readonly string[]): string {
  if (values.length > NAMED_MAX) return `each of ${values.length}`
  return values.map((value) => `\`${value}\``).join(', ')
}
