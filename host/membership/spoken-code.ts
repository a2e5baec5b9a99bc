/** Guards an invite with four words, for people who read them aloud: short-lived, and given away after few tries. */
import { createHmac, randomInt, scrypt, timingSafeEqual } from 'node:crypto'
import { promisify } from 'node:util'
import { limits } from '../limits.ts'
import { words } from './words.ts'

/** The words of a code. */
const CODE_WORDS = 4
/** The bytes of a code's key, and of a proof that one knows it. */
const KEY_BYTES = 32

const known = new Set(words)
const stretch = promisify<string, string, number, Buffer>(scrypt)

/** Returns a new code, such as `apple-river-copper-cloud`. */
export function newCode(): string {
  return Array.from({ length: CODE_WORDS }, () => words[randomInt(words.length)]).join('-')
}

/** Returns the code in a text that a person typed, with any case, spaces or hyphens; null if it is none. */
export function readCode(text: string): string | null {
  const typed = text
    .toLowerCase()
    .split(/[\s-]+/)
    .filter(Boolean)
  return typed.length === CODE_WORDS && typed.every((word) => known.has(word)) ? typed.join('-') : null
}

/** The peer ids of the two machines that use a code. */
export interface CodePair {
  readonly inviter: string
  readonly joiner: string
}

/**
 * The two proofs that a machine knows a code. They hold for one pair of machines, so a machine in the middle cannot pass
 * them on. The key is stretched, so that nobody finds the words from a proof while the code is of use.
 */
export interface CodeProofs {
  /** The joiner's, 64 hex digits. */
  readonly ask: string
  /** Returns the inviter's for a line, 64 hex digits. */
  answer(line: string): string
}

/** Returns the proofs of a code between two machines. */
export async function codeProofs(code: string, { inviter, joiner }: CodePair): Promise<CodeProofs> {
  const key = await stretch(code, `ripple-code-v1:${inviter}:${joiner}`, KEY_BYTES)
  const proof = (text: string) => createHmac('sha256', key).update(text).digest('hex')
  return { ask: proof('ask'), answer: (line) => proof(`answer:${line}`) }
}

/** Whether two proofs are equal, in constant time. */
export function isSameProof(one: string, other: string): boolean {
  const [a, b] = [Buffer.from(one, 'hex'), Buffer.from(other, 'hex')]
  return a.length === KEY_BYTES && b.length === KEY_BYTES && timingSafeEqual(a, b)
}

/** The outcome of a try: the line with the inviter's proof, or the reason why there is none. */
export type CodeAnswer = { readonly line: string; readonly proof: string } | { readonly refused: string }

/** A code that waits for one machine. */
export class SpokenCode {
  readonly code = newCode()
  /** In milliseconds since 1970. */
  readonly expiresAt: number
  readonly #line: string
  readonly #now: () => number
  #tries: number = limits.code_tries_max
  #isUsed = false

  constructor(line: string, now: () => number) {
    this.#line = line
    this.#now = now
    this.expiresAt = now() + limits.code_ms
  }

  /** Judges a machine's proof. A try counts before it is judged, so that many at once are no more tries. */
  async answer(ask: string, pair: CodePair): Promise<CodeAnswer> {
    if (this.#isUsed) return { refused: 'another machine has used the code' }
    if (this.#now() >= this.expiresAt) return { refused: 'the code has expired' }
    if (this.#tries <= 0) return { refused: 'the code was tried too often' }
    this.#tries -= 1
    const proofs = await codeProofs(this.code, pair)
    if (!isSameProof(ask, proofs.ask)) return { refused: 'these are other words' }
    if (this.#isUsed) return { refused: 'another machine has used the code' }
    this.#isUsed = true
    return { line: this.#line, proof: proofs.answer(this.#line) }
  }
}
