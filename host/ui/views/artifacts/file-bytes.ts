/** Bounds the files that the page adds. */
import { apiLimits } from '../../../limits/api.ts'

/** Bytes of a request for its other fields. */
const ENVELOPE_BYTES = 4_096

/** The largest file that the page can add, in bytes: in base64 it is a third longer, and one request carries it. */
export const addBytesMax = Math.floor((apiLimits.body_bytes_max - ENVELOPE_BYTES) / 4) * 3
