/** Finds secrets in a text by their shape. */
import { type Finding, matches } from './finding.ts'

/**
 * Prefixes and alphabets of keys from well-known services. Each is one run of an alphabet with a minimum length, so that a
 * near match costs no more than that length at each place.
 */
const keyShapes = [
  // OpenAI, Anthropic, OpenRouter, DeepSeek and others; Stripe; Groq, xAI, Perplexity, Replicate.
  'sk-[A-Za-z0-9_-]{20,}',
  '[srp]k_(?:live|test)_[A-Za-z0-9]{16,}',
  '(?:gsk_|xai-|pplx-|r8_)[A-Za-z0-9]{20,}',
  // GitHub, GitLab.
  'gh[opsur]_[A-Za-z0-9]{36,}',
  'github_pat_[A-Za-z0-9_]{22,}',
  'gl(?:pat|dt|rt|soat)-[A-Za-z0-9_-]{20,}',
  // AWS, Google, Azure's storage (by its connection string), DigitalOcean.
  '(?:AKIA|ASIA|AROA|AIDA|AGPA|ANPA)[A-Z0-9]{16}(?![A-Za-z0-9])',
  'AIza[A-Za-z0-9_-]{35}',
  'ya29\\.[A-Za-z0-9_-]{20,}',
  'GOCSPX-[A-Za-z0-9_-]{20,}',
  'AccountKey=[A-Za-z0-9+/]{40,}={0,2}',
  'do[opr]_v1_[a-f0-9]{64}',
  // Registries and model hubs.
  'npm_[A-Za-z0-9]{36}',
  'pypi-[A-Za-z0-9_-]{50,}',
  'hf_[A-Za-z0-9]{30,}',
  // Slack, SendGrid, Telegram, Twilio, Shopify, Linear.
  'xox[abeoprs]-[A-Za-z0-9-]{10,}',
  'hooks\\.slack\\.com/services/[A-Za-z0-9/]{20,}',
  'SG\\.[A-Za-z0-9_-]{16,32}\\.[A-Za-z0-9_-]{16,64}',
  '[0-9]{8,10}:AA[A-Za-z0-9_-]{33}',
  'SK[0-9a-f]{32}(?![A-Za-z0-9])',
  'shp(?:at|ca|pa|ss)_[a-fA-F0-9]{32}',
  'lin_api_[A-Za-z0-9]{32,}',
  // Ripple's own.
  'ripple_[A-Za-z0-9_-]{43}',
  // Vault, age, Databricks.
  'hv[sb]\\.[A-Za-z0-9_-]{20,}',
  'AGE-SECRET-KEY-1[0-9A-Z]{50,}',
  'dapi[a-f0-9]{32}',
]

const apiKey = new RegExp(`(?<![A-Za-z0-9])(?:${keyShapes.join('|')})`, 'g')
/** Matches from the beginning of a run, so that each run is read a few times at most. */
const jwt = /(?<![A-Za-z0-9_-])eyJ[A-Za-z0-9_-]{8,}\.eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]*/g
const bearer = /(?<![A-Za-z])(?:bearer|basic|token)[ \t]{1,3}(?<what>[A-Za-z0-9._~+/-]{16,}={0,2})/gi
/** Matches a password without a user too, as some servers need no user. */
const urlPassword = /:\/\/[^\s/:@]{0,64}:(?<what>[^\s/@]{3,128})(?=@)/g
const assignment =
  /(?:passw(?:or)?d|passphrase|pwd|secret|token|credential|(?:api|access|account|private|signing|encryption)[_-]?key)[A-Za-z0-9_-]{0,32}\\?["']?[ \t]{0,4}(?::=|=>|[:=])[ \t]{0,4}\\?["'`]?(?<what>[^\s"'`,;()[\]{}<>|\\]{8,})/gi

/** Yields secrets that their shape, or the text before them, reveals. */
export function* secretShapes(text: string): Generator<Finding> {
  yield* privateKeys(text)
  yield* matches(text, 'api_key', apiKey)
  yield* matches(text, 'jwt', jwt)
  yield* matches(text, 'bearer', bearer, looksRandom)
  yield* matches(text, 'url_password', urlPassword, (value) => !isReference(value))
  yield* matches(text, 'assignment', assignment, (value) => !isReference(value) && looksRandom(value))
}

const pemBegin = /-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----/g
const pemEnd = /-----END [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----/g

/** Yields private keys in PEM. One without an end extends to the end of the text, which also keeps this to one pass. */
function* privateKeys(text: string): Generator<Finding> {
  pemBegin.lastIndex = 0
  for (let begin = pemBegin.exec(text); begin !== null; begin = pemBegin.exec(text)) {
    pemEnd.lastIndex = pemBegin.lastIndex
    const ended = pemEnd.exec(text) !== null
    const end = ended ? pemEnd.lastIndex : text.length
    yield { kind: 'private_key', start: begin.index, end }
    pemBegin.lastIndex = end
  }
}

/** Matches code that returns the value, or an address. */
const fromCode = /^(?:\w+:\/\/|env\b|getenv|(?:process|os|config|settings|self|this|secrets?|vars?|args)\.)/i
/** Matches a placeholder in an example. */
const placeholder =
  /^(?:your|my)[_-](?=[\w-]*(?:pass|pwd|secret|token|credential|key|account|value|here))[\w-]+$/i
/** Matches a shell variable and what may follow it; a secret may begin with the same character. */
const variable = /^(?:\$(?:env:|\{)?(?<unix>\w+)(?:[.:/&@?=}]|$)|%(?<windows>\w+)%|%\((?<python>\w+)\))/i
const path = /^(?:~?\/|\.)/
/** Matches the separators between parts of a path or a query. */
const betweenParts = /[/._:?&=@%~,#-]+/

/** Whether a value only names its source: code, a placeholder, a variable or a path. */
function isReference(value: string): boolean {
  if (fromCode.test(value) || placeholder.test(value)) return true
  const { unix, windows, python } = variable.exec(value)?.groups ?? {}
  const name = unix ?? windows ?? python
  if (name !== undefined) return isVariable(name)
  return (
    path.test(value) && value.split(betweenParts).every((part) => /^[a-z0-9]*$/.test(part) || isWords(part))
  )
}

/** Whether a name is a variable's: in capitals, or words with a short number. */
function isVariable(name: string): boolean {
  return /^[A-Z_][A-Z0-9_]*$/.test(name) || (!/\d{3}/.test(name) && name.split('_').every(isWords))
}

/** Whether a name consists of words. Digits end a word, as in `oauth2Token`, and replace no letter, as in `p4ss`. */
function isWords(name: string): boolean {
  return /^(?:[A-Za-z]+\d{1,4}(?![a-z\d]))*[A-Za-z]*$|^\d{1,4}$/.test(name)
}

/** The fewest bits per character of a chosen or generated secret; repeated words have fewer. */
const BITS_MIN = 2.5

/** Whether a value is likely a chosen or generated secret: letters and digits, without much repetition. */
function looksRandom(value: string): boolean {
  const sample = value.slice(0, 128)
  return /[0-9]/.test(sample) && /[A-Za-z]/.test(sample) && entropyOf(sample) >= BITS_MIN
}

/** Returns Shannon's entropy of a text's characters, in bits per character. */
function entropyOf(text: string): number {
  const counts = new Map<string, number>()
  for (const character of text) counts.set(character, (counts.get(character) ?? 0) + 1)
  let bits = 0
  for (const count of counts.values()) bits -= (count / text.length) * Math.log2(count / text.length)
  return bits
}
