/** Stores secrets in encrypted files. */
import { randomBytes, type ScryptOptions, scrypt } from 'node:crypto'
import { mkdir, open, readdir, readFile, rename, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import sodium from 'libsodium-wrappers'
import { z } from 'zod'
import { RippleError, toRippleError } from '../errors/ripple-error.ts'
import { secretName } from '../types/secret-name.ts'
import { Secret, type SecretLink } from './secrets.ts'

/** The cost of a key: 32 MiB and some 100 ms, so that a passphrase chosen by a person resists millions of guesses. */
const COST: ScryptOptions = { N: 2 ** 15, r: 8, p: 1, maxmem: 64 * 1024 * 1024 }
const KEY_BYTES = 32
const SALT_BYTES = 16
/** The longest secret, in bytes: enough for a private key with its chain of certificates. */
const SECRET_BYTES_MAX = 8 * 1024
/** The most secrets of one data folder. */
const SECRETS_MAX = 64
/** The longest file of a secret, in bytes: its value in base64, and the fields around it. */
const FILE_BYTES_MAX = 2 * SECRET_BYTES_MAX
const ENDING = '.json'

const base64 = z.base64().transform((text) => new Uint8Array(Buffer.from(text, 'base64')))
const fileSchema = z.strictObject({
  version: z.literal(1),
  kdf: z.literal('scrypt-32768-8-1'),
  cipher: z.literal('xchacha20poly1305'),
  salt: base64,
  nonce: base64,
  sealed: base64,
})

/** Reads and changes the secrets of a data folder. */
export interface SecretFiles extends SecretLink {
  /**
   * Stores a secret, and replaces one of that name. Rejects with `RIPPLE_SECRET_INVALID` for a value that is empty, too long
   * or not UTF-8, with `RIPPLE_SECRET_MANY`, and as writing a file does.
   */
  set(name: string, value: Uint8Array): Promise<void>
  /** Removes a secret, and returns whether it existed. */
  remove(name: string): Promise<boolean>
}

/** The folder and the passphrase of the files. */
export interface SecretFilesNeeds {
  readonly folder: string
  /** Returns the data folder's passphrase, which also opens the keystore. */
  passphrase(): Promise<string>
}

/**
 * Stores each secret in one file that only its owner can read. The file is sealed with XChaCha20-Poly1305. The key comes by
 * scrypt from the data folder's passphrase and the file's own salt. The name is authenticated with the value, so that a
 * renamed file does not open. Otherwise a key could go to another provider than its own.
 */
export function secretFiles({ folder, passphrase }: SecretFilesNeeds): SecretFiles {
  const keyOf = keyMaker(passphrase)
  const fileOf = (name: string): string => join(folder, `${secretName.parse(name)}${ENDING}`)
  const names = async (): Promise<string[]> => {
    const files = await readdir(folder).catch(absentAs<string[]>([]))
    return files
      .filter((file) => file.endsWith(ENDING))
      .map((file) => file.slice(0, -ENDING.length))
      .filter((name) => secretName.safeParse(name).success)
  }
  return {
    name: 'file',
    names,
    get: async (name) => {
      const text = await readBounded(fileOf(name), name)
      return text === null ? null : openSecret(text, name, keyOf)
    },
    set: async (name, value) => {
      const text = checkValue(name, value)
      const known = await names()
      if (!known.includes(name) && known.length >= SECRETS_MAX)
        throw new RippleError('RIPPLE_SECRET_MANY', { max: SECRETS_MAX })
      await mkdir(folder, { recursive: true, mode: 0o700 }).catch(rethrow)
      await writeWhole(fileOf(name), await sealSecret(text, name, keyOf))
    },
    remove: async (name) => {
      const file = fileOf(name)
      if ((await stat(file).catch(absentAs(null))) === null) return false
      await rm(file, { force: true }).catch(rethrow)
      return true
    },
  }
}

type KeyMaker = (salt: Uint8Array) => Promise<Uint8Array>

/** Makes keys and remembers them by salt, because each costs a tenth of a second. */
function keyMaker(passphrase: SecretFilesNeeds['passphrase']): KeyMaker {
  const made = new Map<string, Promise<Uint8Array>>()
  return (salt) => {
    const id = Buffer.from(salt).toString('base64')
    const key = made.get(id) ?? passphrase().then((words) => stretch(words, salt))
    if (made.size > SECRETS_MAX) made.clear()
    made.set(id, key)
    key.catch(() => made.delete(id))
    return key
  }
}

function stretch(words: string, salt: Uint8Array): Promise<Uint8Array> {
  return new Promise((resolve, reject) =>
    scrypt(words, salt, KEY_BYTES, COST, (error, key) => (error ? reject(error) : resolve(key))),
  )
}

async function sealSecret(value: string, name: string, keyOf: KeyMaker): Promise<string> {
  await sodium.ready
  const salt = randomBytes(SALT_BYTES)
  const nonce = randomBytes(sodium.crypto_aead_xchacha20poly1305_ietf_NPUBBYTES)
  const key = await keyOf(salt)
  const sealed = sodium.crypto_aead_xchacha20poly1305_ietf_encrypt(value, aboutOf(name), null, nonce, key)
  const text = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64')
  const file: z.input<typeof fileSchema> = {
    version: 1,
    kdf: 'scrypt-32768-8-1',
    cipher: 'xchacha20poly1305',
    salt: text(salt),
    nonce: text(nonce),
    sealed: text(sealed),
  }
  return `${JSON.stringify(file)}\n`
}

async function openSecret(text: string, name: string, keyOf: KeyMaker): Promise<Secret> {
  await sodium.ready
  const { salt, nonce, sealed } = parseFile(text, name)
  const key = await keyOf(salt)
  try {
    const plain = sodium.crypto_aead_xchacha20poly1305_ietf_decrypt(null, sealed, aboutOf(name), nonce, key)
    return new Secret(Buffer.from(plain).toString('utf8'))
  } catch (thrown) {
    throw unreadable(name, 'it does not open with the passphrase of this data folder', thrown)
  }
}

function parseFile(text: string, name: string): z.output<typeof fileSchema> {
  try {
    return fileSchema.parse(JSON.parse(text))
  } catch (thrown) {
    throw unreadable(name, 'its file is damaged', thrown)
  }
}

/** Returns the text that is authenticated with the value. */
function aboutOf(name: string): string {
  return `ripple secret 1 ${name}`
}

/** Returns the value as text, without the line end that editors and `echo` add. */
function checkValue(name: string, bytes: Uint8Array): string {
  const invalid = (detail: string): RippleError => new RippleError('RIPPLE_SECRET_INVALID', { name, detail })
  if (bytes.length > SECRET_BYTES_MAX) throw invalid(`longer than ${SECRET_BYTES_MAX} bytes`)
  let text: string
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch {
    throw invalid('not UTF-8')
  }
  const value = text.replace(/\r?\n$/, '')
  if (value.trim() === '') throw invalid('empty')
  return value
}

async function readBounded(file: string, name: string): Promise<string | null> {
  const found = await stat(file).catch(absentAs(null))
  if (found === null) return null
  // A read of a special file, such as a FIFO, may never end.
  if (!found.isFile() || found.size > FILE_BYTES_MAX) throw unreadable(name, 'its file is damaged')
  return readFile(file, 'utf8').catch(absentAs(null))
}

/** Writes a file for its owner only, whole or not at all, even if two commands do so at a time. */
async function writeWhole(file: string, text: string): Promise<void> {
  const draft = `${file}.${randomBytes(6).toString('hex')}.tmp`
  try {
    const handle = await open(draft, 'wx', 0o600)
    try {
      await handle.writeFile(text)
      await handle.sync()
    } finally {
      await handle.close()
    }
    await rename(draft, file)
  } catch (thrown) {
    await rm(draft, { force: true })
    throw toRippleError(thrown)
  }
}

function absentAs<T>(value: T): (thrown: NodeJS.ErrnoException) => T {
  return (thrown) => {
    if (thrown.code === 'ENOENT') return value
    throw toRippleError(thrown)
  }
}

function rethrow(thrown: unknown): never {
  throw toRippleError(thrown)
}

function unreadable(name: string, detail: string, cause?: unknown): RippleError {
  return new RippleError('RIPPLE_SECRET_UNREADABLE', { name, detail }, { cause })
}
