/**
 * Whether the tests run that take minutes by their nature (days, restores, floods of faults): `SLOW_TESTS=1`, as in
 * CI. Each has a quicker counterpart, in simulated time or with one fault alone.
 */
export const slow = process.env.SLOW_TESTS === '1'

/** Whether the tests run that install agents of hundreds of megabytes, such as Claude Code: `HEAVY_CLIENTS=1`. */
export const heavyClients = process.env.HEAVY_CLIENTS === '1'

/**
 * The path of an OpenTelemetry Collector with the receiver `otlp` and the exporter `otlp_http`, for the test that sends spans
 * to a real one (docs/traces.md); undefined without one.
 */
export const collectorProgram = process.env.OTELCOL
