/** Reads YAML files and checks them by a schema. */
import { type Document, isMap, isScalar, LineCounter, type Pair, parseDocument } from 'yaml'
import type { z } from 'zod'
import { RippleError, toRippleError } from '../errors/ripple-error.ts'
import { readRegularSync } from '../files/regular-file.ts'
import { limits } from '../limits.ts'
import { describeIssue } from '../types/text/describe-issue.ts'

/**
 * Reads a YAML file and checks it; with `optional`, a missing file counts as empty. Throws `RIPPLE_CONFIG_INVALID`, whose
 * `file` fact is `path:line`.
 */
export function readYaml<S extends z.ZodType>(path: string, schema: S, optional = false): z.output<S> {
  const text = readText(path, optional)
  const lines = new LineCounter()
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false, uniqueKeys: true })
  const broken = document.errors[0]
  if (broken) {
    const isSeveral = broken.code === 'MULTIPLE_DOCS'
    const words = isSeveral ? "a second document begins here: remove the line '---'" : broken.message
    throw invalid(path, lines.linePos(broken.pos[0]).line, words)
  }
  const parsed = schema.safeParse(toPlain(path, document))
  if (parsed.success) return parsed.data
  const issue = parsed.error.issues[0]
  if (!issue) throw invalid(path, 1, 'not valid')
  const key = issue.code === 'unrecognized_keys' ? issue.keys[0] : undefined
  const where = [...issue.path, ...(key === undefined ? [] : [key])]
  throw invalid(path, lineOf(document, where, lines), describeIssue(parsed.error))
}

/** Reads one text at the top level of a YAML file, even if the rest is invalid; null without one. */
export function readSetting(path: string, name: string): string | null {
  try {
    const value: unknown = parseDocument(readText(path, true), { prettyErrors: false }).get(name)
    return typeof value === 'string' && value !== '' ? value : null
  } catch {
    return null
  }
}

function readText(path: string, optional: boolean): string {
  try {
    const bytes = readRegularSync(path, limits.config_bytes_max)
    if (bytes === null) throw invalid(path, 1, `larger than ${limits.config_bytes_max} bytes`)
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch (thrown) {
    const { code, cause, facts } = toRippleError(thrown)
    if (code === 'RIPPLE_CONFIG_INVALID') throw thrown
    if (optional && (cause as NodeJS.ErrnoException | undefined)?.code === 'ENOENT') return ''
    const detail = code === 'RIPPLE_FILE_UNREADABLE' ? String(facts.detail) : 'not UTF-8'
    throw new RippleError('RIPPLE_CONFIG_INVALID', { file: path, detail }, { cause: thrown })
  }
}

/** Returns a document as plain data. Aliases are bounded, so that a file of a few lines cannot unfold into gigabytes. */
function toPlain(path: string, document: Document): unknown {
  try {
    return document.toJS({ maxAliasCount: 50 }) ?? {}
  } catch (thrown) {
    throw invalid(path, 1, (thrown as Error).message)
  }
}

function invalid(path: string, line: number, detail: string): RippleError {
  return new RippleError('RIPPLE_CONFIG_INVALID', { file: `${path}:${line}`, detail })
}

/** Returns the line of the deepest key of `where` that the file has. */
function lineOf(document: Document, where: readonly PropertyKey[], lines: LineCounter): number {
  let node: unknown = document.contents
  let line = 1
  for (const key of where) {
    if (!isMap(node)) break
    const pair: Pair | undefined = node.items.find((item) => isScalar(item.key) && item.key.value === key)
    if (!pair) break
    if (isScalar(pair.key) && pair.key.range) line = lines.linePos(pair.key.range[0]).line
    node = pair.value
  }
  return line
}
