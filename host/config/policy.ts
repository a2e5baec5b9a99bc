import { z } from 'zod'

/** Most keys or models that a list may name: all lists travel with the facts of each decision. */
const LIST_MAX = 256

const agentKey = z.string().regex(/^uhCAk[0-9A-Za-z_-]{48}$/, "not an agent's key such as uhCAk...")
const posters = z.array(agentKey).max(LIST_MAX)
/** A model's name, or the sha256 of its file. */
const models = z.array(z.string().min(1).max(128)).max(LIST_MAX)

/** The section `policy` of the configuration file. */
export const policySection = z.strictObject({
  deny_posters: posters.optional(),
  allow_posters: posters.nullable().optional(),
  deny_models: models.optional(),
  allow_models: models.nullable().optional(),
  max_tokens: z.number().int().positive().nullable().optional(),
  deny_tools: z.boolean().optional(),
  deny_public: z.boolean().optional(),
})

/** What the owner lets this machine do, as the shipped policies read it. A type, so that it is JSON. */
export type OwnerSettings = {
  /** Agents whose tasks are not run. */
  readonly deny_posters: readonly string[]
  /** The only agents whose tasks are run besides the own ones; null: everybody's. */
  readonly allow_posters: readonly string[] | null
  /** Models, by name or digest, that are neither run nor asked for. */
  readonly deny_models: readonly string[]
  /** The only models that are run; null: every one. */
  readonly allow_models: readonly string[] | null
  /** Most tokens that a task may ask for; null: as many as the model gives. */
  readonly max_tokens: number | null
  /** Whether tasks that offer a model tools are not run. */
  readonly deny_tools: boolean
  /** Whether no public task is posted. */
  readonly deny_public: boolean
}

/** What the owner's settings are where nothing is said. */
export const ownerDefaults: OwnerSettings = {
  deny_posters: [],
  allow_posters: null,
  deny_models: [],
  allow_models: null,
  max_tokens: null,
  deny_tools: false,
  deny_public: false,
}

/** Each setting from the first section that has it. */
export function ownersOf(sections: readonly z.output<typeof policySection>[]): OwnerSettings {
  const first = <K extends keyof OwnerSettings>(name: K): OwnerSettings[K] => {
    const found = sections.map((section) => section[name]).find((value) => value !== undefined)
    return found === undefined ? ownerDefaults[name] : (found as OwnerSettings[K])
  }
  return {
    deny_posters: first('deny_posters'),
    allow_posters: first('allow_posters'),
    deny_models: first('deny_models'),
    allow_models: first('allow_models'),
    max_tokens: first('max_tokens'),
    deny_tools: first('deny_tools'),
    deny_public: first('deny_public'),
  }
}

/** The settings that the environment can give. */
export const policySettings = [
  ['policy.deny_posters', 'list', 'agents whose tasks are not run here (keys, a,b,c)'],
  ['policy.allow_posters', 'list', 'the only agents whose tasks are run here'],
  ['policy.deny_models', 'list', 'models that are neither run nor asked for, by name or sha256'],
  ['policy.allow_models', 'list', 'the only models that are run here'],
  ['policy.max_tokens', 'number', 'most tokens that a task may ask for here'],
  ['policy.deny_tools', 'boolean', 'whether tasks that offer a model tools are not run here'],
  ['policy.deny_public', 'boolean', 'whether no public task is posted from here'],
] as const
