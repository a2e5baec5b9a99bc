import { inspect } from 'node:util'
import { z } from 'zod'

/** The only thing that a secret says of itself. */
const HIDDEN = '[secret]'

/** A name of a secret: what `RIPPLE_SECRET_<NAME>` ends in, in lower case. */
export const secretName = z
  .string()
  .regex(
    /^[a-z][a-z0-9_]{0,47}$/,
    'not a name of a secret: a letter, then up to 47 letters, digits or underscores',
  )

/** A value that is shown nowhere: text, JSON and a console's view of it say `[secret]`. Only `reveal` gives it. */
export class Secret {
  readonly #value: string

  constructor(value: string) {
    this.#value = value
  }

  /** The value. Whoever calls it sees to it that it goes nowhere but to where it belongs. */
  reveal(): string {
    return this.#value
  }

  toString(): string {
    return HIDDEN
  }

  toJSON(): string {
    return HIDDEN
  }

  [inspect.custom](): string {
    return HIDDEN
  }
}

/** One place where secrets are kept. */
export interface SecretLink {
  /** The place, for people: `environment`, `file`. */
  readonly name: string
  /** Rejects with `RIPPLE_SECRET_UNREADABLE` where it is there and cannot be opened. */
  get(name: string): Promise<Secret | null>
  names(): Promise<readonly string[]>
}

/** Where a secret is, by name. */
export interface SecretPlace {
  readonly name: string
  /** The link of the chain that gives it. */
  readonly from: string
}

/** All places where secrets are kept, as one. */
export interface Secrets {
  /** The first link that has it gives it; null where none has. Rejects as `SecretLink.get` does. */
  get(name: string): Promise<Secret | null>
  /** What there is, by name, each with the link that would give it. */
  list(): Promise<readonly SecretPlace[]>
}

/**
 * Asks the links in their order: the environment, then the encrypted file (`secrets-file.ts`). SOPS with age, Vault and
 * Kubernetes come behind them in the same list once they are there.
 */
export function secretChain(links: readonly SecretLink[]): Secrets {
  return {
    get: async (name) => {
      for (const link of links) {
        const found = await link.get(name)
        if (found !== null) return found
      }
      return null
    },
    list: async () => {
      const places = new Map<string, SecretPlace>()
      for (const link of links)
        for (const name of await link.names())
          if (!places.has(name)) places.set(name, { name, from: link.name })
      return [...places.values()].sort((a, b) => (a.name < b.name ? -1 : 1))
    },
  }
}

/** Secrets that the environment gave (`readEnv`). */
export function environmentSecrets(given: Readonly<Record<string, Secret>>): SecretLink {
  return {
    name: 'environment',
    get: async (name) => (Object.hasOwn(given, name) ? (given[name] ?? null) : null),
    names: async () => Object.keys(given),
  }
}
