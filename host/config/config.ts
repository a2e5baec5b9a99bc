import { hostname } from 'node:os'
import { resolve } from 'node:path'
import { z } from 'zod'
import { TAGS_MAX } from '../../zomes-bindings/generated/limits.ts'
import { RippleError, toRippleError } from '../errors/ripple-error.ts'
import { limits } from '../limits.ts'
import { describeIssue } from '../types/describe-issue.ts'
import { isPlain, plain } from '../types/plain-text.ts'
import type { Env } from './env.ts'
import { readSetting, readYaml } from './file.ts'
import { type LastNetwork, readLastNetwork } from './last-network.ts'
import { type UserPaths, userPaths } from './paths.ts'
import { type OwnerSettings, ownersOf, policySection, policySettings } from './policy.ts'
import { type UpstreamConfig, upstreamSection } from './upstream.ts'

const httpUrl = z.url({ protocol: /^https?$/, error: 'not an http or https URL' })
/** Longest name of a machine on its card, in bytes: a rule of the network. */
const NAME_BYTES_MAX = 64
/** Tags that the machine sets itself, by what they begin with. */
const ownTags = ['class:', 'gpu:', 'region:']
const tag = z
  .string()
  .regex(/^[a-z0-9][a-z0-9._:=-]{0,63}$/, 'not a tag such as compliance:restricted')
  .refine((name) => !ownTags.some((own) => name.startsWith(own)), 'a tag that the machine sets itself')
/** From one time of the day to another by the machine's own clock; one that ends before it begins goes past midnight. */
const hours = z
  .string()
  .regex(/^([01]\d|2[0-3]):[0-5]\d-(([01]\d|2[0-3]):[0-5]\d|24:00)$/, 'not hours such as 22:00-06:00')
const port = z.number().int().min(0).max(65_535)
/** A name as in the Host header; without a port it allows every port. */
const apiHost = z
  .string()
  .toLowerCase()
  .regex(
    /^([a-z0-9]([a-z0-9._-]*[a-z0-9])?|\[[0-9a-f:.]+\])(:\d{1,5})?$/,
    'not a host such as host.docker.internal, with or without a port',
  )
/** An origin as browsers and Electron send it. `null` is not allowed, because any sandboxed page sends it. */
const apiOrigin = z
  .string()
  .toLowerCase()
  .regex(/^[a-z][a-z0-9+.-]*:\/\/[^\s/?#@*]+$/, 'not an origin such as app://obsidian.md, without a path')

/** The configuration file: every field may be left out, none may be unknown. */
export const configSchema = z.strictObject({
  network: z
    .string()
    .regex(/^[a-z][a-z0-9-]{0,31}$/, 'not a network name')
    .optional(),
  network_file: z.string().min(1).nullable().optional(),
  data: z.string().min(1).optional(),
  name: z
    .string()
    .trim()
    .min(1)
    .refine((name) => Buffer.byteLength(name) <= NAME_BYTES_MAX, `longer than ${NAME_BYTES_MAX} bytes`)
    .refine(isPlain, 'has control characters, or marks that change the reading direction')
    .optional(),
  region: z
    .string()
    .regex(/^[a-z0-9][a-z0-9-]{0,31}$/, 'not a region such as eu-central-1')
    .optional(),
  tags: z.array(tag).max(TAGS_MAX).optional(),
  bootstrap_url: httpUrl.nullable().optional(),
  model: z.string().min(1).max(128).optional(),
  api: z
    .strictObject({
      port: port.optional(),
      hosts: z.array(apiHost).max(limits.api_names_max).optional(),
      origins: z.array(apiOrigin).max(limits.api_names_max).optional(),
    })
    .optional(),
  net: z.strictObject({ port: port.optional(), mdns: z.boolean().optional() }).optional(),
  artifacts: z.strictObject({ kubo_url: httpUrl.nullable().optional() }).optional(),
  inference: z.strictObject({ post: z.boolean().optional(), cache: z.boolean().optional() }).optional(),
  policy: policySection.optional(),
  share: z
    .strictObject({
      models: z.boolean().optional(),
      cores: z.number().int().min(1).max(1_024).nullable().optional(),
      memory_mib: z.number().int().min(1).nullable().optional(),
      hours: z.array(hours).max(limits.share_hours_max).optional(),
      pause_when_used: z.boolean().optional(),
      on_battery: z.boolean().optional(),
    })
    .optional(),
  log: z.strictObject({ level: z.enum(['debug', 'info', 'warn', 'error']).optional() }).optional(),
  upstream: upstreamSection.optional(),
})

/** Settings as one layer (flags, environment, file) gives them. */
export type ConfigLayer = z.output<typeof configSchema>

/** What the owner gives of the machine, and when. Own tasks run at any time, within `cores` and `memory_mib`. */
export interface ShareConfig {
  /** Whether other machines may fetch model files from this one. */
  readonly models: boolean
  /** Threads of the engine; null: all cores but one. */
  readonly cores: number | null
  /** Memory that loaded models may take, in MiB; null: what the engine finds fit. */
  readonly memory_mib: number | null
  /** When work of others is taken, such as `22:00-06:00` by the machine's own clock; none: at any time. */
  readonly hours: readonly string[]
  /** Whether nothing of others is taken while somebody uses the machine. */
  readonly pause_when_used: boolean
  /** Whether work of others is taken on battery too. */
  readonly on_battery: boolean
}

/** The resolved configuration: nothing optional is left. */
export interface Config {
  readonly network: string
  /** Absolute path of a file that stands for the network's own one; null: the shipped one. */
  readonly network_file: string | null
  /** Absolute path of the data folder. */
  readonly data: string
  /** The machine's name, for people. */
  readonly name: string
  /** Where the machine stands, as its card says; null: not said. */
  readonly region: string | null
  /** What the owner says of the machine besides, so that tasks can ask for it. */
  readonly tags: readonly string[]
  /** A bootstrap server to join; null: the network file's, or an own one. */
  readonly bootstrap_url: string | null
  /** Whether the network was named, is that of the last run, or is a new one. */
  readonly joins: 'named' | 'last' | 'new'
  /** The model of a task that names none; null: the model list's default. */
  readonly model: string | null
  readonly api: {
    readonly port: number
    /** Host headers, and origins of pages, that may come in under `/v1` besides this machine's own. */
    readonly hosts: readonly string[]
    readonly origins: readonly string[]
  }
  /** The libp2p node's port (0: any) and whether it looks for peers on the LAN. */
  readonly net: { readonly port: number; readonly mdns: boolean }
  /** A Kubo RPC to use in place of the built-in node. */
  readonly artifacts: { readonly kubo_url: string | null }
  /** Whether what is asked here is posted, and whether answers that would be the same again are kept. */
  readonly inference: { readonly post: boolean; readonly cache: boolean }
  /** What the owner lets this machine do. */
  readonly policy: OwnerSettings
  /** What the owner gives of the machine. */
  readonly share: ShareConfig
  readonly log: { readonly level: 'debug' | 'info' | 'warn' | 'error' }
  /** Providers of models that are not of the mesh, and what may go to them. */
  readonly upstream: UpstreamConfig
  /** The user's cache of models and tools. */
  readonly cache: string
  /** Where the heads of this user's chains are remembered. */
  readonly heads: string
  /** The file that was read, if it was there. */
  readonly file: string
}

/** A setting that the environment can give, and how its text becomes a value. */
export interface EnvSetting {
  readonly env: string
  readonly path: readonly [string, ...string[]]
  readonly kind: 'text' | 'number' | 'boolean' | 'list'
  readonly about: string
}

const setting = (path: string, kind: EnvSetting['kind'], about: string): EnvSetting => ({
  env: `RIPPLE_${path.replaceAll('.', '_').toUpperCase()}`,
  path: path.split('.') as [string, ...string[]],
  kind,
  about,
})

/** Every setting: its field in the file, its variable, and what it is for. docs/CLI.md lists them from here. */
export const envSettings: readonly EnvSetting[] = [
  setting('network', 'text', 'the network to join: local, testnet or mainnet'),
  setting('network_file', 'text', 'a network file in place of the shipped one'),
  setting('data', 'text', 'the data folder'),
  setting('name', 'text', "the machine's name, as peers see it"),
  setting('region', 'text', 'where the machine stands, such as eu-central-1, as peers see it'),
  setting(
    'tags',
    'list',
    'tags that tasks may ask for (a,b,c), such as compliance:restricted, as peers see them',
  ),
  setting('bootstrap_url', 'text', 'a bootstrap server to join'),
  setting('model', 'text', 'the model of a task that names none'),
  setting('api.port', 'number', 'port of the API on loopback; 0 takes any'),
  setting(
    'api.hosts',
    'list',
    'names by which programs may ask for /v1 besides 127.0.0.1 and localhost, such as host.docker.internal',
  ),
  setting(
    'api.origins',
    'list',
    'origins of pages and Electron apps that may ask for /v1, such as app://obsidian.md',
  ),
  setting('net.port', 'number', 'port of the libp2p node; 0 takes any'),
  setting('net.mdns', 'boolean', 'whether peers on the LAN are looked for'),
  setting('artifacts.kubo_url', 'text', 'RPC of a Kubo daemon to use in place of the built-in node'),
  setting(
    'inference.post',
    'boolean',
    'whether what is asked here becomes a task; false: it runs on this machine alone, without a receipt',
  ),
  setting(
    'inference.cache',
    'boolean',
    'whether answers to asks with a seed are kept for an hour, in memory',
  ),
  ...policySettings.map(([path, kind, about]) => setting(path, kind, about)),
  setting('share.models', 'boolean', 'whether other machines may fetch model files from this one'),
  setting('share.cores', 'number', 'threads of the engine, in place of all cores but one'),
  setting('share.memory_mib', 'number', 'memory that loaded models may take, in MiB'),
  setting(
    'share.hours',
    'list',
    'when work of others is taken (22:00-06:00,12:00-13:00), by the local clock',
  ),
  setting(
    'share.pause_when_used',
    'boolean',
    'whether nothing of others is taken while somebody uses the machine',
  ),
  setting('share.on_battery', 'boolean', 'whether work of others is taken on battery too'),
  setting('log.level', 'text', 'debug, info, warn or error'),
]

/** Flags win over the environment, the environment over the file, the file over the defaults. */
export function resolveConfig(env: Env, flags: ConfigLayer = {}, platform = process.platform): Config {
  const paths = userPaths(env, platform)
  const file = env.ripple.RIPPLE_CONFIG ?? paths.configFile
  const fromFile = readYaml(file, configSchema, env.ripple.RIPPLE_CONFIG === undefined)
  const layers = [checkLayer(flags, 'the command line'), envLayer(env), fromFile]
  const data = layers.find((layer) => layer.data !== undefined)?.data ?? paths.data
  const joins = joinsOf(layers)
  const last = readLastNetwork(resolve(data), joins === 'last')
  const settled = settle([...layers, lastLayer(layers, joins, last)], file, paths)
  return { ...settled, joins, ...(joins === 'new' ? { bootstrap_url: null } : {}) }
}

/**
 * Finds the data folder alone, as `resolveConfig` does: it is enough to reach the daemon. Mistakes elsewhere in the file and the
 * environment do not matter; a file that cannot be read names no folder.
 */
export function dataFolder(env: Env, flags: ConfigLayer = {}, platform = process.platform): string {
  const paths = userPaths(env, platform)
  const { data } = checkLayer(flags, 'the command line')
  const named =
    data ?? env.ripple.RIPPLE_DATA ?? readSetting(env.ripple.RIPPLE_CONFIG ?? paths.configFile, 'data')
  return resolve(named ?? paths.data)
}

/** Returns the configuration; where it is wrong, the shipped one and the problem. */
export function configOrShipped(env: Env, flags: ConfigLayer = {}, platform = process.platform) {
  try {
    return { config: resolveConfig(env, flags, platform), problem: null }
  } catch (thrown) {
    const paths = userPaths(env, platform)
    const file = env.ripple.RIPPLE_CONFIG ?? paths.configFile
    const config: Config = {
      ...settle([{ data: dataFolder(env, flags, platform) }], file, paths),
      joins: 'last',
    }
    return { config, problem: toRippleError(thrown) }
  }
}

/** Returns how the network is chosen; a null server in the first layer asks for a new one. */
function joinsOf([flags, ...others]: readonly ConfigLayer[]): Config['joins'] {
  if (flags?.bootstrap_url === null) return 'new'
  return [flags, ...others].some((layer) => typeof layer?.bootstrap_url === 'string') ? 'named' : 'last'
}

/** Makes a layer of the last run's name, and of its network where no layer names another one. */
function lastLayer(
  layers: readonly ConfigLayer[],
  joins: Config['joins'],
  last: LastNetwork | null,
): ConfigLayer {
  if (last === null) return {}
  const network = layers.find((layer) => layer.network !== undefined)?.network ?? last.network
  const same = joins === 'last' && network === last.network
  return { network, name: last.name, ...(same ? { bootstrap_url: last.bootstrap_url } : {}) }
}

function settle(layers: readonly ConfigLayer[], file: string, paths: UserPaths): Omit<Config, 'joins'> {
  const first = <T>(pick: (layer: ConfigLayer) => T | undefined, fallback: T): T =>
    layers.map(pick).find((value) => value !== undefined) ?? fallback
  return {
    network: first((layer) => layer.network, 'local'),
    network_file: absolute(first<string | null>((layer) => layer.network_file, null)),
    data: resolve(first((layer) => layer.data, paths.data)),
    name: first((layer) => layer.name, plain(hostname()).slice(0, NAME_BYTES_MAX) || 'ripple'),
    region: first<string | null>((layer) => layer.region, null),
    tags: [...new Set(first<readonly string[]>((layer) => layer.tags, []))],
    // Null in a file means the server of the last run.
    bootstrap_url: first<string | null>((layer) => layer.bootstrap_url ?? undefined, null),
    model: first<string | null>((layer) => layer.model, null),
    api: {
      port: first((layer) => layer.api?.port, limits.api_port_default),
      hosts: first<readonly string[]>((layer) => layer.api?.hosts, []),
      origins: first<readonly string[]>((layer) => layer.api?.origins, []),
    },
    net: {
      port: first((layer) => layer.net?.port, 0),
      mdns: first((layer) => layer.net?.mdns, true),
    },
    artifacts: { kubo_url: first((layer) => layer.artifacts?.kubo_url, null) },
    inference: {
      post: first((layer) => layer.inference?.post, true),
      cache: first((layer) => layer.inference?.cache, true),
    },
    policy: ownersOf(layers.map((layer) => layer.policy ?? {})),
    share: {
      models: first((layer) => layer.share?.models, true),
      cores: first<number | null>((layer) => layer.share?.cores, null),
      memory_mib: first<number | null>((layer) => layer.share?.memory_mib, null),
      hours: first<readonly string[]>((layer) => layer.share?.hours, []),
      pause_when_used: first((layer) => layer.share?.pause_when_used, false),
      on_battery: first((layer) => layer.share?.on_battery, false),
    },
    log: { level: first((layer) => layer.log?.level, 'info') },
    upstream: first((layer) => layer.upstream, upstreamSection.parse({})),
    cache: paths.cache,
    heads: paths.heads,
    file,
  }
}

function absolute(path: string | null): string | null {
  return path === null ? null : resolve(path)
}

/** Variables that name no setting; `doctor` warns of them, because a typing error would else pass in silence. */
export function unknownVariables(env: Env): string[] {
  const known = new Set(['RIPPLE_CONFIG', 'RIPPLE_FAILPOINT', ...envSettings.map((entry) => entry.env)])
  return Object.keys(env.ripple).filter((name) => !known.has(name))
}

function envLayer(env: Env): ConfigLayer {
  let layer: ConfigLayer = {}
  for (const entry of envSettings) {
    const text = env.ripple[entry.env]
    if (text === undefined) continue
    const one = nest(entry.path, readText(entry, text))
    layer = merge(layer, checkLayer(one, entry.env))
  }
  return layer
}

function readText(entry: EnvSetting, text: string): unknown {
  if (entry.kind === 'number') return /^\d+$/.test(text) ? Number(text) : text
  if (entry.kind === 'list') return text.split(',').map((one) => one.trim())
  if (entry.kind === 'boolean') return text === 'true' ? true : text === 'false' ? false : text
  return text
}

function nest(path: readonly string[], value: unknown): unknown {
  return path.reduceRight<unknown>((inner, key) => ({ [key]: inner }), value)
}

/** Joins two layers that set different fields, one level of sections deep. */
function merge(one: ConfigLayer, two: ConfigLayer): ConfigLayer {
  return {
    ...one,
    ...two,
    ...(one.api || two.api ? { api: { ...one.api, ...two.api } } : {}),
    ...(one.net || two.net ? { net: { ...one.net, ...two.net } } : {}),
    ...(one.inference || two.inference ? { inference: { ...one.inference, ...two.inference } } : {}),
    ...(one.policy || two.policy ? { policy: { ...one.policy, ...two.policy } } : {}),
    ...(one.share || two.share ? { share: { ...one.share, ...two.share } } : {}),
  }
}

function checkLayer(layer: unknown, source: string): ConfigLayer {
  const parsed = configSchema.safeParse(layer)
  if (parsed.success) return parsed.data
  throw new RippleError('RIPPLE_CONFIG_INVALID', { file: source, detail: describeIssue(parsed.error) })
}
