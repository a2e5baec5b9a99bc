/** Reads a verb's input from the typed words, files and standard input. */
import { constants, createReadStream, openSync, statSync } from 'node:fs'
import { Socket } from 'node:net'
import { resolve } from 'node:path'
import { addAbortSignal, type Readable } from 'node:stream'
import { fileReason } from '../errors/file-reason.ts'
import { RippleError } from '../errors/ripple-error.ts'
import { limits } from '../limits.ts'
import type { FlagKind } from '../operations/operation.ts'
import { parseJson } from '../types/json.ts'

/** One typed field, and the way to read it. */
export interface Typed {
  readonly field: string
  readonly how: { readonly as: string; readonly kind: FlagKind }
  readonly value: string | boolean
}

/**
 * Makes a verb's input from the typed fields. Rejects with `RIPPLE_USAGE`, `RIPPLE_FILE_UNREADABLE`,
 * `RIPPLE_PROMPT_ENCODING`, `RIPPLE_BODY_TOO_LARGE`, and with the signal's reason if it is aborted.
 */
export async function readInput(
  typed: readonly Typed[],
  stdin: Readable,
  signal: AbortSignal,
): Promise<Record<string, unknown>> {
  const input: Record<string, unknown> = {}
  for (const one of typed) {
    if (one.field in input) throw new RippleError('RIPPLE_USAGE', { detail: `${one.how.as} is one too many` })
    input[one.field] = await readValue(one, stdin, signal)
  }
  return input
}

async function readValue({ how, value }: Typed, stdin: Readable, signal: AbortSignal): Promise<unknown> {
  if (typeof value === 'boolean' && how.kind !== 'stdin-bytes') return value
  const text = String(value)
  const fromStdin = () => collect(() => stdin, 'standard input', signal)
  switch (how.kind) {
    case 'list':
      return text.split(',').map((item) => item.trim())
    case 'number':
      return readNumber(how, text)
    case 'duration':
      return readDuration(how, text)
    case 'path':
      // An empty path would mean the working folder, for example if a command in a script has printed nothing.
      if (text === '') throw new RippleError('RIPPLE_USAGE', { detail: 'a path is empty' })
      return resolve(text)
    case 'json': {
      const isTyped = /^\s*[[{]/.test(text)
      const read = () => (text === '-' ? fromStdin() : collect(() => openFile(text), text, signal))
      const given = isTyped ? text : utf8(await read())
      // The operation refuses a text that is not JSON, and names the field.
      return parseJson(given) ?? given
    }
    case 'prompt-file':
      return utf8(await (text === '-' ? fromStdin() : collect(() => openFile(text), text, signal)))
    case 'prompt-stdin':
      if (text !== '-')
        throw new RippleError('RIPPLE_USAGE', { detail: `unexpected '${text}': use --prompt or '-'` })
      return utf8(await fromStdin())
    case 'stdin-bytes':
      return (await fromStdin()).toString('base64')
    default:
      return text
  }
}

function readNumber(how: Typed['how'], text: string): number {
  if (!/^-?\d+(\.\d+)?$/.test(text))
    throw new RippleError('RIPPLE_USAGE', { detail: `${how.as}: '${text}' is not a number` })
  return Number(text)
}

const units = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000 } as const

function readDuration(how: Typed['how'], text: string): number {
  const found = /^(\d{1,12})(ms|s|m|h)$/.exec(text)
  if (!found)
    throw new RippleError('RIPPLE_USAGE', { detail: `${how.as}: '${text}' is not a time such as 90s or 5m` })
  return Number(found[1]) * units[found[2] as keyof typeof units]
}

function utf8(bytes: Buffer): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch (thrown) {
    throw new RippleError('RIPPLE_PROMPT_ENCODING', {}, { cause: thrown })
  }
}

/**
 * Opens a file for reading. A FIFO is opened like a socket: a plain `open` waits for a writer in a thread that cannot be
 * stopped. The whole process would wait until a writer comes.
 */
function openFile(file: string): Readable {
  if (!statSync(file).isFIFO()) return createReadStream(file)
  const fd = openSync(file, constants.O_RDONLY | constants.O_NONBLOCK)
  return new Socket({ fd, readable: true, writable: false })
}

/** Reads a whole stream, up to the most that a request can carry. Rejects for a longer or endless one. */
async function collect(open: () => Readable, file: string, signal: AbortSignal): Promise<Buffer> {
  const parts: Buffer[] = []
  let bytes = 0
  try {
    const stream: AsyncIterable<Buffer> = addAbortSignal(signal, open())
    for await (const part of stream) {
      parts.push(part)
      bytes += part.length
      if (bytes > limits.stdin_bytes_max)
        throw new RippleError('RIPPLE_BODY_TOO_LARGE', { max: limits.stdin_bytes_max })
    }
  } catch (thrown) {
    if (signal.aborted) throw signal.reason
    if (thrown instanceof RippleError) throw thrown
    throw new RippleError('RIPPLE_FILE_UNREADABLE', { file, detail: fileReason(thrown) }, { cause: thrown })
  }
  return Buffer.concat(parts)
}
