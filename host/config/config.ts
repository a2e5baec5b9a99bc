/** Resolves the configuration from flags, the environment, the file and the last run. */
import { resolve } from 'node:path'
import type { z } from 'zod'
import { RippleError, toRippleError } from '../errors/ripple-error.ts'
import type { DeepReadonly } from '../types/deep-readonly.ts'
import type { SettingOrigin } from '../types/setting-origin.ts'
import { describeIssue } from '../types/text/describe-issue.ts'
import type { Env } from './env.ts'
import { readSetting, readYaml } from './file.ts'
import { readLastNetwork } from './last-network.ts'
import { type UserPaths, userPaths } from './paths.ts'
import {
  allSettings,
  type ConfigLayer,
  type EnvSetting,
  envSettings,
  layerSchema,
  settingsSchema,
} from './settings.ts'

/** The resolved configuration: every setting, and the user's files. */
export interface Config extends DeepReadonly<z.output<typeof settingsSchema>> {
  /** Whether the network was named, is that of the last run, or at a folder's first start that of the defaults. */
  readonly joins: 'named' | 'last' | 'new'
  /** The user's cache of models and tools. */
  readonly cache: string
  /** The file that remembers the heads of this user's chains. */
  readonly heads: string
  /** The file that was read, if it was there. */
  readonly file: string
  /** The origin of each setting's value, by the setting's place such as `share.hours`. Settings without an entry have their default. */
  readonly origins: Readonly<Record<string, SettingOrigin>>
}

/** The share of the machine that the owner offers, and its hours. Own tasks run at any time, within `cores` and `memory_mib`. */
export type ShareConfig = Config['share']

/** Resolves the configuration. Flags win over the environment, then come the file, the last run and the defaults. */
export function resolveConfig(env: Env, flags: ConfigLayer = {}, platform = process.platform): Config {
  const paths = userPaths(env, platform)
  const file = env.ripple.RIPPLE_CONFIG ?? paths.configFile
  const fromFile = readYaml(file, layerSchema, env.ripple.RIPPLE_CONFIG === undefined)
  const layers = {
    'command line': checkLayer(flags, 'the command line'),
    environment: envLayer(env),
    file: fromFile,
  }
  const given = Object.values(layers).reduceRight(merge)
  const named = Boolean(given.bootstrap_url) || given.local?.name !== undefined
  const last = readLastNetwork(resolve(given.data ?? paths.data), !named)
  const origins = originsOf(layers)
  const settled = { ...settle(given, file, paths), origins }
  const network = given.network ?? last?.network ?? settled.network
  const name = given.name ?? last?.name ?? settled.name
  const joins = named ? 'named' : last === null ? 'new' : 'last'
  const withLast = (names: readonly string[]): Config['origins'] => {
    const fromLast = names.map((one) => [one, 'last run'] as const)
    return last === null ? origins : { ...Object.fromEntries(fromLast), ...origins }
  }
  if (joins !== 'last' || network !== last?.network)
    return { ...settled, network, name, joins, origins: withLast(['network', 'name']) }
  const open = given.local?.open ?? last.open ?? settled.local.open
  const local = { name: last.local ?? settled.local.name, open }
  const { bootstrap_url } = last
  const names = withLast(['network', 'name', 'local.name', 'local.open'])
  // A layer may hold null for the URL, which the last run's URL replaces too.
  const taken: Config['origins'] = { ...names, bootstrap_url: 'last run' }
  return { ...settled, network, name, joins, local, bootstrap_url, origins: taken }
}

/**
 * Finds only the data folder, as `resolveConfig` does: it is enough to reach the daemon. Mistakes elsewhere in the file and
 * the environment do not matter; an unreadable file names no folder.
 */
export function dataFolder(env: Env, flags: ConfigLayer = {}, platform = process.platform): string {
  const paths = userPaths(env, platform)
  const { data } = checkLayer(flags, 'the command line')
  const named =
    data ?? env.ripple.RIPPLE_DATA ?? readSetting(env.ripple.RIPPLE_CONFIG ?? paths.configFile, 'data')
  return resolve(named ?? paths.data)
}

/** Returns the configuration; if it is wrong, the shipped one and the problem. */
export function configOrShipped(env: Env, flags: ConfigLayer = {}, platform = process.platform) {
  try {
    return { config: resolveConfig(env, flags, platform), problem: null }
  } catch (thrown) {
    const paths = userPaths(env, platform)
    const file = env.ripple.RIPPLE_CONFIG ?? paths.configFile
    const settled = settle({ data: dataFolder(env, flags, platform) }, file, paths)
    const config: Config = { ...settled, joins: 'last', origins: {} }
    return { config, problem: toRippleError(thrown) }
  }
}

/** Returns the layer that gives each setting, by the setting's place; the first layer that has it wins. */
function originsOf(
  layers: Readonly<Partial<Record<SettingOrigin, ConfigLayer>>>,
): Record<string, SettingOrigin> {
  const given = Object.entries(layers) as [SettingOrigin, ConfigLayer][]
  return Object.fromEntries(
    allSettings.flatMap(({ path }) => {
      const found = given.find(([, layer]) => valueAt(layer, path) !== undefined)
      return found === undefined ? [] : [[path.join('.'), found[0]]]
    }),
  )
}

/** Returns the value at a place in the settings; undefined without one. */
export function valueAt(settings: object, path: readonly string[]): unknown {
  return path.reduce<unknown>(
    (inner, name) => (inner as Record<string, unknown> | undefined)?.[name],
    settings,
  )
}

function settle(layer: ConfigLayer, file: string, paths: UserPaths): Omit<Config, 'joins' | 'origins'> {
  const settings = settingsSchema.parse({ data: paths.data, ...layer })
  return { ...settings, cache: paths.cache, heads: paths.heads, file }
}

/** Returns variables that name no setting. `doctor` warns of them, because a typing error would otherwise stay silent. */
export function unknownVariables(env: Env): string[] {
  const others = ['RIPPLE_CONFIG', 'RIPPLE_FAILPOINT', 'RIPPLE_TOOLS_FROM']
  const known = new Set([...others, ...envSettings.map((entry) => entry.env)])
  return Object.keys(env.ripple).filter((name) => !known.has(name))
}

function envLayer(env: Env): ConfigLayer {
  return envSettings.reduce<ConfigLayer>((layer, setting) => {
    const text = env.ripple[setting.env]
    if (text === undefined) return layer
    const value = setting.path.reduceRight<unknown>(
      (inner, key) => ({ [key]: inner }),
      readText(setting, text),
    )
    return merge(layer, checkLayer(value, setting.env))
  }, {})
}

function readText({ kind }: EnvSetting, text: string): unknown {
  if (kind === 'number') return /^\d+$/.test(text) ? Number(text) : text
  if (kind === 'array') return text.split(',').map((one) => one.trim())
  if (kind === 'boolean') return text === 'true' ? true : text === 'false' ? false : text
  return text
}

/** Joins two layers field by field: the upper one wins. */
function merge(lower: object, upper: object): ConfigLayer {
  const merged: Record<string, object | undefined> = { ...lower }
  for (const [key, value] of Object.entries(upper)) {
    const section = typeof value === 'object' && value !== null && !Array.isArray(value)
    if (value !== undefined) merged[key] = section ? merge(merged[key] ?? {}, value) : value
  }
  return merged
}

function checkLayer(layer: unknown, source: string): ConfigLayer {
  const parsed = layerSchema.safeParse(layer)
  if (parsed.success) return parsed.data
  throw new RippleError('RIPPLE_CONFIG_INVALID', { file: source, detail: describeIssue(parsed.error) })
}
