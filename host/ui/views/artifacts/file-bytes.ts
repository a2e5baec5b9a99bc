/** Moves files between the browser's disk and an operation's base64. */
import { apiLimits } from '../../../limits/api.ts'

/** Bytes of a request for its other fields. */
const ENVELOPE_BYTES = 4_096

/** The largest file that the page can add, in bytes: in base64 it is a third longer, and one request carries it. */
export const addBytesMax = Math.floor((apiLimits.body_bytes_max - ENVELOPE_BYTES) / 4) * 3

/** Returns a file's bytes in base64. Rejects if the browser cannot read it. */
export function base64Of(file: Blob): Promise<string> {
  return new Promise((resolve, reject) => {
    const reader = new FileReader()
    // A data URL has the base64 after its only comma; that of an empty file ends there.
    reader.onload = () => resolve(String(reader.result).split(',')[1] ?? '')
    reader.onerror = () => reject(reader.error)
    reader.readAsDataURL(file)
  })
}

/** Returns the bytes of a base64 text. */
export function bytesOf(base64: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0))
}
