/** Defines the trace context that goes along with requests and messages: W3C's `traceparent`. */
import { z } from 'zod'

/** The form of a `traceparent`: version, trace, span and flags. Neither id is zero. */
export const traceparentForm =
  /^(?!ff)[0-9a-f]{2}-(?!0{32})(?<trace>[0-9a-f]{32})-(?!0{16})(?<span>[0-9a-f]{16})-(?<flags>[0-9a-f]{2})$/

/** The trace context in a message: a span of its sender. A malformed one becomes null, and the message still counts. */
export const carriedTrace = z.string().regex(traceparentForm).nullish().catch(null)
