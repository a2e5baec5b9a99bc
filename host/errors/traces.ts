/** Lists the errors of traces. They stand in events and the log, because no request waits for the collector. */
import { type ErrorRow, row } from './row.ts'

/** Errors of the way to the collector. */
export const traceErrors = {
  RIPPLE_TRACES_UNSENT: row(
    'the collector at {url} did not take spans: {detail}',
    'check that the collector runs and takes OTLP over HTTP there; the tasks go on without traces',
    502,
    1,
  ),
  RIPPLE_TRACES_NO_SECRET: row(
    "no spans are sent: the secret '{secret}', which has the collector's headers, is not set or not readable as headers",
    "set it to lines such as 'authorization: Bearer ...' with 'ripple secret set {secret} --stdin', and start the daemon again",
    503,
    2,
  ),
} as const satisfies Record<string, ErrorRow>
