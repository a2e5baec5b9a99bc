/** Makes the keys of tasks that come over A2A. A key holds the context of its task, so no store of contexts is needed. */
import { createHash } from 'node:crypto'
import { RequestMalformedError } from '@a2a-js/sdk/errors'
import type { Principal } from '../../types/principal.ts'

/** Characters of the digest in a key: 132 bits. */
const DIGEST_CHARS = 22
/** The longest context of a client, in characters; a key has at most 64. */
const CONTEXT_CHARS_MAX = 37
const contextForm = new RegExp(`^[\\x21-\\x7e]{1,${CONTEXT_CHARS_MAX}}$`)
const keyForm = new RegExp(`^a2a\\.[\\w-]{${DIGEST_CHARS}}(?:\\.(.+))?$`)

/**
 * Returns the key of a message's task: the same for the same message of the same caller, so a repeated message posts
 * nothing. Throws `RequestMalformedError` for a context that no key can hold.
 */
export function taskKey(
  { messageId, contextId }: { readonly messageId: string; readonly contextId: string },
  { kind, name }: Principal,
): string {
  if (contextId !== '' && !contextForm.test(contextId))
    throw new RequestMalformedError(
      `contextId is not 1 to ${CONTEXT_CHARS_MAX} printable ASCII characters without spaces`,
    )
  const digest = createHash('sha256')
    .update(JSON.stringify([kind, name, messageId]))
    .digest('base64url')
  const key = `a2a.${digest.slice(0, DIGEST_CHARS)}`
  return contextId === '' ? key : `${key}.${contextId}`
}

/** Returns the context of a task. A task without one is a context of its own. */
export function contextOf(key: string): string {
  return keyForm.exec(key)?.[1] ?? key
}
