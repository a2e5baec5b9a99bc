/** Reads text files that a model shall read with a message. */
import { pageLimits } from '../../../limits/page.ts'
import { count, size } from '../../format/format.ts'
import { words } from '../../words/words.ts'

/** A file that was read. */
export interface TextFile {
  readonly name: string
  readonly text: string
  readonly bytes: number
}

/** A file as a browser hands it over. */
type GivenFile = Pick<File, 'name' | 'type' | 'size' | 'arrayBuffer'>

/** Adds files to those that were read before. Returns all, and in words which of them were refused. */
export async function readFiles(
  before: readonly TextFile[],
  given: readonly GivenFile[],
): Promise<{ files: readonly TextFile[]; refused: readonly string[] }> {
  const { page_files_max: many, page_files_bytes_max: max } = pageLimits
  const files = [...before]
  const refused: string[] = []
  for (const file of given) {
    const bytes = files.reduce((sum, one) => sum + one.bytes, 0)
    if (file.type.startsWith('image/')) refused.push(words.ask.files.image(file.name))
    else if (files.length >= many) refused.push(words.ask.files.many(count(many)))
    else if (bytes + file.size > max) refused.push(words.ask.files.large(file.name, size(max)))
    else {
      const read = await readText(file)
      if (typeof read === 'string') refused.push(read)
      else files.push(read)
    }
  }
  return { files, refused: [...new Set(refused)] }
}

async function readText(file: GivenFile): Promise<TextFile | string> {
  const { name } = file
  try {
    const bytes = await file.arrayBuffer()
    const text = decoded(bytes)
    return text === null ? words.ask.files.binary(name) : { name, text, bytes: bytes.byteLength }
  } catch {
    return words.ask.files.unreadable(name)
  }
}

/** Returns the text of UTF-8; null for other bytes. */
function decoded(bytes: ArrayBuffer): string | null {
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(bytes)
    return text.includes('\0') ? null : text
  } catch {
    return null
  }
}

/** Returns a message with its files, each in a named block whose fence is longer than any in the file. */
export function withFiles(message: string, files: readonly TextFile[]): string {
  const blocks = files.map(({ name, text }) => {
    const fences = text.match(/`{3,}/g) ?? []
    const fence = '`'.repeat(Math.max(3, ...fences.map(({ length }) => length + 1)))
    return `${words.ask.files.block(name)}\n${fence}\n${text}\n${fence}`
  })
  return [...blocks, message].filter((part) => part !== '').join('\n\n')
}
