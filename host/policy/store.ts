import { readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { sha256Hex } from '../codec/digest.ts'
import { toRippleError } from '../errors/ripple-error.ts'
import { readRegular } from '../files/regular-file.ts'
import { policyLimits } from '../limits/policy.ts'
import type { DecisionPoint } from '../types/decision.ts'
import { pinsSchema } from './pins.ts'

/** Where a policy comes from. */
export type Origin = 'shipped' | 'owner'

/** A policy as it counts now. Without bytes it refuses whatever it is asked. */
export type Policy = {
  readonly name: DecisionPoint
  readonly origin: Origin
  /** Path of its wasm. */
  readonly file: string
} & (
  | { readonly digest: string; readonly bytes: Uint8Array; readonly problem: null }
  | {
      /** sha256 of what is there instead; null where nothing is. */
      readonly digest: string | null
      readonly bytes: null
      readonly problem: { readonly code: 'policy_missing' | 'policy_corrupt'; readonly detail: string }
    }
)

/** The Rego of a policy, as it lies beside or behind its wasm. */
export interface Source {
  readonly file: string
  readonly text: string
  readonly digest: string
}

/**
 * A place that policies come from. Of several the first that has one of a name counts, whether that one can be used or not.
 * A further place, such as the DNA `policy_store`, is one more of these.
 */
export interface PolicySource {
  readonly origin: Origin
  /** Says by another text that a policy may have changed; null where this place has none of the name. */
  stamp(name: DecisionPoint): Promise<string | null>
  read(name: DecisionPoint): Promise<Policy>
  /** The Rego that it was made of, where that is there. */
  source(name: DecisionPoint): Promise<Source | null>
  /** Path of its test cases; the file need not be there. */
  casesFile(name: DecisionPoint): string
}

const project = join(import.meta.dirname, '../..')
const rego = join(import.meta.dirname, 'rego')

/** The policies that come with Ripple, each of which must be the one that is pinned. `folder` holds them and their pins. */
export function shippedPolicies(folder: string = join(project, 'workdir')): PolicySource {
  const pinsFile = join(folder, 'policies.json')
  const fileOf = (name: DecisionPoint) => join(folder, `policies/${name}.wasm`)
  return {
    origin: 'shipped',
    stamp: async (name) => `${await stampOf(fileOf(name))} ${await stampOf(pinsFile)}`,
    read: async (name) => {
      const policy = await readPolicy(name, 'shipped', fileOf(name))
      if (policy.problem) return policy
      const pin = await pinOf(pinsFile, name)
      if (pin === policy.digest) return policy
      const detail = `sha256 ${policy.digest}, pinned ${pin ?? 'nowhere'}`
      return { ...policy, bytes: null, problem: { code: 'policy_corrupt', detail } }
    },
    source: (name) => readSource(join(rego, `${name}.rego`)),
    casesFile: (name) => join(rego, `${name}.cases.yaml`),
  }
}

/** The owner's policies: `<name>.wasm` in this folder stands in for the shipped one, with its Rego and cases beside it. */
export function ownersPolicies(folder: string): PolicySource {
  const fileOf = (name: DecisionPoint) => join(folder, `${name}.wasm`)
  return {
    origin: 'owner',
    stamp: (name) => stampOf(fileOf(name)),
    read: (name) => readPolicy(name, 'owner', fileOf(name)),
    source: (name) => readSource(join(folder, `${name}.rego`)),
    casesFile: (name) => join(folder, `${name}.cases.yaml`),
  }
}

/** The policies that count, read again when their files change. */
export class PolicyStore {
  readonly #sources: readonly PolicySource[]
  readonly #lookMs: number
  readonly #known = new Map<
    DecisionPoint,
    { policy: Policy; from: PolicySource; stamp: string; at: number }
  >()

  /** `sources`: the first comes first. */
  constructor(sources: readonly PolicySource[], lookMs: number = policyLimits.policy_look_ms) {
    this.#sources = sources
    this.#lookMs = lookMs
  }

  async current(name: DecisionPoint): Promise<Policy> {
    return (await this.#look(name)).policy
  }

  /** The Rego of the policy that counts, or null. */
  async source(name: DecisionPoint): Promise<Source | null> {
    return (await this.#look(name)).from.source(name)
  }

  /** Path of the cases of the policy that counts. */
  async casesFile(name: DecisionPoint): Promise<string> {
    return (await this.#look(name)).from.casesFile(name)
  }

  async #look(name: DecisionPoint) {
    const known = this.#known.get(name)
    const now = performance.now()
    if (known && now - known.at < this.#lookMs) return known
    const stamps = await Promise.all(this.#sources.map((source) => source.stamp(name)))
    const place = stamps.findIndex((one) => one !== null)
    const from = this.#sources[place] ?? this.#last()
    const stamp = `${place} ${stamps[place]}`
    // Its stamp was taken before, so that a change while it is read is seen the next time.
    const policy = known?.stamp === stamp ? known.policy : await from.read(name)
    const looked = { policy, from, stamp, at: now }
    this.#known.set(name, looked)
    return looked
  }

  #last(): PolicySource {
    return this.#sources.at(-1) ?? shippedPolicies()
  }
}

/** What changes with a file; null where it is not there. One that cannot be looked at is there. */
async function stampOf(file: string): Promise<string | null> {
  try {
    const { ino, size, mtimeMs, ctimeMs } = await stat(file)
    return `${ino} ${size} ${mtimeMs} ${ctimeMs}`
  } catch (thrown) {
    return isAbsent(thrown) ? null : 'unreadable'
  }
}

async function readPolicy(name: DecisionPoint, origin: Origin, file: string): Promise<Policy> {
  const unusable = (code: 'policy_missing' | 'policy_corrupt', detail: string): Policy => ({
    ...{ name, origin, file, digest: null, bytes: null },
    problem: { code, detail },
  })
  try {
    const max = policyLimits.policy_wasm_bytes_max
    const bytes = await readRegular(file, max)
    if (bytes === null) return unusable('policy_corrupt', `more than ${max} bytes`)
    return { name, origin, file, digest: sha256Hex(bytes), bytes, problem: null }
  } catch (thrown) {
    const { facts, cause } = toRippleError(thrown)
    return unusable(isAbsent(cause) ? 'policy_missing' : 'policy_corrupt', String(facts.detail))
  }
}

async function pinOf(file: string, name: DecisionPoint): Promise<string | null> {
  try {
    return pinsSchema.parse(JSON.parse(await readFile(file, 'utf8'))).policies[name].wasm
  } catch {
    return null
  }
}

async function readSource(file: string): Promise<Source | null> {
  const bytes = await readRegular(file, policyLimits.policy_wasm_bytes_max).catch(() => null)
  const text = bytes === null ? null : bytes.toString('utf8')
  return text === null ? null : { file, text, digest: sha256Hex(text) }
}

function isAbsent(thrown: unknown): boolean {
  const { code } = thrown as NodeJS.ErrnoException
  return code === 'ENOENT' || code === 'ENOTDIR'
}
