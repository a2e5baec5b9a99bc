/** Defines who calls a door: the owner, a page or a key, with the scopes that it has. */

/** The rights of a principal; each operation and route requires one. */
export const scopes = ['infer', 'read', 'write', 'admin'] as const

/** A right of a principal. */
export type Scope = (typeof scopes)[number]

/** The caller of a door. */
export interface Principal {
  /** The owner has the API's token, a page a key of its own, and every other program a key with a name. */
  readonly kind: 'owner' | 'page' | 'key'
  /** The key's name; `owner` and `page` for those. */
  readonly name: string
  readonly scopes: readonly Scope[]
}

/** The owner of the machine. */
export const owner: Principal = { kind: 'owner', name: 'owner', scopes }

/** A page that has signed in. */
export const page: Principal = { kind: 'page', name: 'page', scopes }

/** A program with the key in `openai.key`. */
export const v1Key: Principal = { kind: 'key', name: 'v1', scopes: ['infer'] }

/** A program that asks Ollama's listener without a key, if the owner allows that. A key of this name bounds its tokens. */
export const ollamaCaller: Principal = { kind: 'key', name: 'ollama', scopes: ['infer'] }

/** A principal as policies and the audit file see it; null if no door was used. */
export type PrincipalFact = { readonly kind: Principal['kind']; readonly name: string } | null

/** Returns a principal for policies and the audit file. */
export function principalFact(principal: Principal | undefined): PrincipalFact {
  return principal === undefined ? null : { kind: principal.kind, name: principal.name }
}
