/** Defines the port to the keys that the owner makes for programs. */
import type { Principal, Scope } from '../types/principal.ts'

/** The owner's wishes for a key. */
export interface KeyRequest {
  readonly name: string
  readonly scopes: readonly Scope[]
  /** The tokens, read and generated, after which a UTC day's further asks are refused; null without a bound. */
  readonly tokens_per_day: number | null
}

/** The tokens that were read and generated for an answer. */
export interface Tokens {
  readonly tokens_in: number
  readonly tokens_out: number
}

/** The use of a key in one UTC day. */
export interface KeyUse extends Tokens {
  readonly requests: number
}

/** A key as its owner sees it. */
export interface KeyView extends KeyRequest {
  /** Milliseconds since 1970; null for the key in `openai.key`. */
  readonly created_at: number | null
  readonly today: KeyUse
}

/** The keys of a daemon, and their use. */
export interface Keys {
  /** Makes a key and returns it; its digest alone is stored. Rejects with `RIPPLE_KEY_EXISTS`, `RIPPLE_KEY_MANY`. */
  create(request: KeyRequest): Promise<string>
  /** Removes a key, which is refused from then on. Rejects with `RIPPLE_KEY_UNKNOWN`. */
  remove(name: string): Promise<void>
  list(): readonly KeyView[]
  /** Returns the principal of a key; null for an unknown one. */
  find(key: string): Principal | null
  /** Counts an ask, if a key makes it. Throws `RIPPLE_KEY_SPENT` if the key's tokens of the day are spent. */
  admit(principal: Principal): void
  /** Counts the tokens of an answer, if a key asked for it. */
  count(principal: Principal, tokens: Tokens): void
}
