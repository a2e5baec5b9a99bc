/** Reads secrets by name and hides their values. */
import { inspect } from 'node:util'

/** The text that a secret shows in place of its value. */
const HIDDEN = '[secret]'

/** Hides a value: as text, in JSON and on a console it shows `[secret]`. Only `reveal` returns it. */
export class Secret {
  readonly #value: string

  constructor(value: string) {
    this.#value = value
  }

  /** Returns the value. The caller must make sure that it reaches only its destination. */
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

/** A place that stores secrets. */
export interface SecretLink {
  /** The place's name for people: `environment`, `file`. */
  readonly name: string
  /** Returns a secret; null without one. Rejects with `RIPPLE_SECRET_UNREADABLE` if it exists and cannot be opened. */
  get(name: string): Promise<Secret | null>
  names(): Promise<readonly string[]>
}

/** The location of a secret. */
export interface SecretPlace {
  readonly name: string
  /** The link of the chain that gives it. */
  readonly from: string
}

/** Reads secrets from all places. */
export interface Secrets {
  /** Returns the secret of the first link that has it; null if none has. Rejects as `SecretLink.get` does. */
  get(name: string): Promise<Secret | null>
  /** Returns all secrets by name, each with the link that would give it. */
  list(): Promise<readonly SecretPlace[]>
}

/**
 * Asks the links in their order: the environment, then the encrypted file (`secrets-file.ts`). SOPS with age, Vault and
 * Kubernetes come after them in the same list once they exist.
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

/** Returns the link to secrets from the environment (`readEnv`). */
export function environmentSecrets(given: Readonly<Record<string, Secret>>): SecretLink {
  return {
    name: 'environment',
    get: async (name) => (Object.hasOwn(given, name) ? (given[name] ?? null) : null),
    names: async () => Object.keys(given),
  }
}
