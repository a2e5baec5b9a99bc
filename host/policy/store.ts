/** Finds and loads the policies that apply. */
import { readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { sha256Hex } from '../codec/digest.ts'
import { toRippleError } from '../errors/ripple-error.ts'
import { readRegular } from '../files/regular-file.ts'
import { policyLimits } from '../limits/policy.ts'
import type { DecisionPoint } from '../types/decision.ts'
import { pinsSchema } from './pins.ts'

/** The origin of a policy. */
export type Origin = 'shipped' | 'owner'

/** A policy as it applies now. Without bytes it refuses every question. */
export type Policy = {
  readonly name: DecisionPoint
  readonly origin: Origin
  /** The path of its wasm. */
  readonly file: string
} & (
  | { readonly digest: string; readonly bytes: Uint8Array; readonly problem: null }
  | {
      /** The sha256 of the file found instead; null without a file. */
      readonly digest: string | null
      readonly bytes: null
      readonly problem: { readonly code: 'policy_missing' | 'policy_corrupt'; readonly detail: string }
    }
)

/** The Rego of a policy, which lies next to its wasm or in its source folder. */
export interface Source {
  readonly file: string
  readonly text: string
  readonly digest: string
}

/**
 * A source of policies. Among several, the first with a policy of the name applies, whether that policy is usable or not. A
 * further source, such as the DNA `policy_store`, implements this too.
 */
export interface PolicySource {
  readonly origin: Origin
  /** Returns a text that changes whenever the policy may have changed; null if this source has none of the name. */
  stamp(name: DecisionPoint): Promise<string | null>
  read(name: DecisionPoint): Promise<Policy>
  /** Returns the Rego that it was compiled from, if that exists. */
  source(name: DecisionPoint): Promise<Source | null>
  /** Returns the path of its test cases; the file may be missing. */
  casesFile(name: DecisionPoint): string
}

const project = join(import.meta.dirname, '../..')
const rego = join(import.meta.dirname, 'rego')

/** Returns the policies that ship with Ripple, each of which must match its pin. `folder` holds them and their pins. */
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

/** Returns the owner's policies: `<name>.wasm` in this folder replaces the shipped one, with its Rego and cases next to it. */
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

/** Lists the sources of policies: those of the owner's folder before the shipped ones. */
export function policySources(folder: string): readonly PolicySource[] {
  return [ownersPolicies(folder), shippedPolicies()]
}

/** Returns the policies that apply, and reads them again when their files change. */
export class PolicyStore {
  readonly #sources: readonly PolicySource[]
  readonly #lookMs: number
  readonly #known = new Map<
    DecisionPoint,
    { policy: Policy; from: PolicySource; stamp: string; at: number }
  >()

  /** Takes the sources by precedence. */
  constructor(sources: readonly PolicySource[], lookMs: number = policyLimits.policy_look_ms) {
    this.#sources = sources
    this.#lookMs = lookMs
  }

  async current(name: DecisionPoint): Promise<Policy> {
    return (await this.#look(name)).policy
  }

  /** Returns the Rego of the policy that applies; null without one. */
  async source(name: DecisionPoint): Promise<Source | null> {
    return (await this.#look(name)).from.source(name)
  }

  /** Returns the path of the cases of the policy that applies. */
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
    // The stamp was taken before the read, so that the next look sees a change in between.
    const policy = known?.stamp === stamp ? known.policy : await from.read(name)
    const looked = { policy, from, stamp, at: now }
    this.#known.set(name, looked)
    return looked
  }

  #last(): PolicySource {
    return this.#sources.at(-1) ?? shippedPolicies()
  }
}

/** Returns a text that changes with a file; null if it is missing. A file that cannot be examined counts as present. */
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
