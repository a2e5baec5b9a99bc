/** Reads the certificate of a meeting point, and checks that its key belongs to it. */
import { createPrivateKey, X509Certificate } from 'node:crypto'
import { resolve } from 'node:path'
import { messageOf } from '../../errors/message-of.ts'
import { RippleError } from '../../errors/ripple-error.ts'
import { readRegularSync } from '../../files/regular-file.ts'
import type { TlsFiles } from '../../processes/bootstrap-server.ts'

/** The longest certificate or key, in bytes. */
const PEM_BYTES_MAX = 64 * 1024

/** Reads both files. Throws `RIPPLE_FILE_UNREADABLE`, which says what is wrong with which. */
export function readTlsFiles(
  files: { readonly cert: string; readonly key: string },
  now = Date.now(),
): TlsFiles {
  const cert = resolve(files.cert)
  const key = resolve(files.key)
  const certificate = read(cert, (pem) => new X509Certificate(pem))
  if (Date.parse(certificate.validTo) < now) throw unreadable(cert, `it expired on ${certificate.validTo}`)
  const own = read(key, (pem) => createPrivateKey(pem))
  if (!certificate.checkPrivateKey(own)) throw unreadable(key, `it is not the key of ${cert}`)
  const name = /\bDNS:([^,*\s]+)/.exec(certificate.subjectAltName ?? '')?.[1] ?? null
  return { cert, key, name }
}

function read<T>(file: string, parse: (pem: Buffer) => T): T {
  const pem = readRegularSync(file, PEM_BYTES_MAX)
  if (pem === null) throw unreadable(file, `it is larger than ${PEM_BYTES_MAX} bytes`)
  try {
    return parse(pem)
  } catch (thrown) {
    throw unreadable(file, messageOf(thrown), thrown)
  }
}

function unreadable(file: string, detail: string, cause?: unknown): RippleError {
  return new RippleError('RIPPLE_FILE_UNREADABLE', { file, detail }, { cause })
}
