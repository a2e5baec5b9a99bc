/** Declares every setting once: its field, its form, its default and its purpose. */
import { hostname } from 'node:os'
import { resolve } from 'node:path'
import { z } from 'zod'
import { TAGS_MAX } from '../../zomes-bindings/generated/limits.ts'
import { limits } from '../limits.ts'
import { gpuChoice } from '../types/gpu-choice.ts'
import {
  httpUrl,
  localName,
  machineName,
  NAME_BYTES_MAX,
  networkName,
  peerAddress,
  port,
} from '../types/machine-forms.ts'
import { plain } from '../types/text/plain-text.ts'
import { mcpSection } from './mcp.ts'
import { policySection } from './policy.ts'
import { traceSection } from './traces.ts'
import { upstreamSection } from './upstream.ts'
import { webhookSection } from './webhooks.ts'

/** Makes a form nullable, with null as the default. */
const orNull = <T extends z.ZodType>(form: T) => form.nullable().default(null)
const path = z
  .string()
  .min(1)
  .transform((path) => resolve(path))
const region = z.string().regex(/^[a-z0-9][a-z0-9-]{0,31}$/, 'not a region such as eu-central-1')

/** The prefixes of tags that the machine sets itself. */
const ownTags = ['class:', 'gpu:', 'region:']
const tag = z
  .string()
  .regex(/^[a-z0-9][a-z0-9._:=-]{0,63}$/, 'not a tag such as compliance:restricted')
  .refine((name) => !ownTags.some((own) => name.startsWith(own)), 'a tag that the machine sets itself')
const tags = z
  .array(tag)
  .max(TAGS_MAX)
  .transform((names) => [...new Set(names)])

/** From one time of the day to another by the machine's own clock. A span that ends before it begins passes midnight. */
const hours = z
  .string()
  .regex(/^([01]\d|2[0-3]):[0-5]\d-(([01]\d|2[0-3]):[0-5]\d|24:00)$/, 'not hours such as 22:00-06:00')
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

/** Makes a section: if it is left out, its fields have their defaults. */
const section = <T extends z.ZodRawShape>(fields: T) =>
  z.strictObject(fields).prefault({} as z.input<z.ZodObject<T, z.core.$strict>>)
const on = z.boolean().default(true)
const off = z.boolean().default(false)
const list = <T extends z.ZodType>(one: T, max: number) => z.array(one).max(max).default([])

/**
 * Every setting. A section is an object with a prefault; everything else is a field. A field's variable follows from its
 * place: `api.port` is `RIPPLE_API_PORT`. docs/CLI.md lists the descriptions.
 */
export const settingsSchema = z.strictObject({
  network: networkName.default('local').describe('the network to join: local, testnet or mainnet'),
  network_file: orNull(path).describe('a network file in place of the shipped one'),
  /** The default depends on the platform, so `resolveConfig` has it. */
  data: path.describe('the data folder'),
  name: machineName
    .default(() => plain(hostname()).slice(0, NAME_BYTES_MAX) || 'ripple')
    .describe("the machine's name, as peers see it"),
  region: orNull(region).describe('region of the machine, such as eu-central-1, as peers see it'),
  tags: tags
    .default([])
    .describe('tags that tasks may ask for (a,b,c), such as compliance:restricted, as peers see them'),
  bootstrap_url: orNull(httpUrl).describe('a bootstrap server to join'),
  local: section({
    name: localName
      .default('home')
      .describe('the local network to join: machines of a LAN with the same name meet'),
    open: off.describe(
      'whether every machine of that network is accepted; else each is accepted once, by ripple peer accept',
    ),
  }),
  model: orNull(z.string().min(1).max(128)).describe('the model of a task that names none'),
  api: section({
    port: port.default(limits.api_port_default).describe('port of the API on loopback; 0 takes any'),
    hosts: list(apiHost, limits.api_names_max).describe(
      "names by which programs may ask for /v1 and at Ollama's port besides 127.0.0.1 and localhost, such as host.docker.internal",
    ),
    origins: list(apiOrigin, limits.api_names_max).describe(
      "origins of pages and Electron apps that may ask for /v1 and at Ollama's port, such as app://obsidian.md",
    ),
    ollama: z
      .enum(['off', 'key', 'open'])
      .default('off')
      .describe(
        "who may ask by Ollama's API, on a port of its own (off, key, open); key: programs with a key; open: every program on this machine",
      ),
    ollama_port: port
      .default(limits.ollama_port_default)
      .describe("port of Ollama's API on loopback; 0 takes any"),
  }),
  net: section({
    port: port.default(0).describe('port of the libp2p node; 0 takes any'),
    mdns: on.describe('whether peers on the LAN are looked for'),
    relay: z
      .enum(['auto', 'on', 'off'])
      .default('auto')
      .describe(
        'whether members that cannot reach each other are connected through this machine (auto, on, off); auto: once a member has reached it',
      ),
    peers: list(peerAddress, limits.net_peers_max).describe(
      'machines of a local network that mDNS does not reach (192.168.1.20:4001,...)',
    ),
  }),
  artifacts: section({
    kubo_url: orNull(httpUrl).describe('RPC of a Kubo daemon to use in place of the built-in node'),
  }),
  engine: section({
    gpu: gpuChoice
      .default('auto')
      .describe(
        'the GPU that the engine runs on: auto, off, cuda, vulkan or metal; auto: one that llama.cpp can use, else the CPU',
      ),
  }),
  inference: section({
    post: on.describe(
      'whether what is asked here becomes a task; false: it runs on this machine alone, without a receipt',
    ),
    cache: on.describe('whether answers to asks with a seed are kept for an hour, in memory'),
  }),
  policy: policySection.prefault({}),
  share: section({
    models: on.describe('whether other machines may fetch model files from this one'),
    offers: on.describe('whether other machines may allocate shares of this one (docs/resources.md)'),
    cores: orNull(z.number().int().min(1).max(1_024)).describe(
      'threads of the engine, in place of all cores but one',
    ),
    memory_mib: orNull(z.number().int().min(1)).describe(
      'memory that loaded models may take besides the memory of a GPU, in MiB',
    ),
    hours: list(hours, limits.share_hours_max).describe(
      'when work of others is taken (22:00-06:00,12:00-13:00), by the local clock',
    ),
    pause_when_used: off.describe('whether nothing of others is taken while somebody uses the machine'),
    on_battery: off.describe('whether work of others is taken on battery too'),
  }),
  log: section({
    level: z.enum(['debug', 'info', 'warn', 'error']).default('info').describe('debug, info, warn or error'),
  }),
  traces: traceSection.prefault({}),
  /** Providers of models outside the mesh, and the data for them: set as a whole, in the file alone. */
  upstream: upstreamSection
    .default(() => upstreamSection.parse({}))
    .describe('providers of models outside the mesh, and the data for them'),
  /** MCP servers whose tools may be called: set as a whole, in the file alone. */
  mcp: mcpSection
    .default(() => mcpSection.parse({}))
    .describe('MCP servers whose tools may be called, and the data for them'),
  webhooks: webhookSection
    .default([])
    .describe('programs that are notified of ends of tasks and of refusals (docs/webhooks.md)'),
})

/** Settings as one layer (flags, environment, file) has them: each may be left out. */
export type ConfigLayer = Partial<z.input<typeof settingsSchema>>

/** The schema of a layer: the same fields without their defaults. */
export const layerSchema = layerOf(settingsSchema) as z.ZodType<ConfigLayer, ConfigLayer>

function layerOf(section: z.ZodObject): z.ZodObject {
  const fields = Object.entries(section.shape).map(([name, field]) => {
    if (field instanceof z.ZodPrefault) return [name, layerOf(field.unwrap() as z.ZodObject).optional()]
    return [name, (field instanceof z.ZodDefault ? field.unwrap() : field).optional()]
  })
  return z.strictObject(Object.fromEntries(fields))
}

/** A setting, its variable, and how the variable's text becomes a value. An `object` is set in the file alone. */
export interface EnvSetting {
  readonly env: string
  readonly path: readonly string[]
  readonly kind: string
  readonly about: string
}

/** Every setting. */
export const allSettings: readonly EnvSetting[] = variablesOf(settingsSchema, [])

/** Every setting that the environment can set. */
export const envSettings: readonly EnvSetting[] = allSettings.filter(({ kind }) => kind !== 'object')

function variablesOf(section: z.ZodObject, above: readonly string[]): EnvSetting[] {
  return Object.entries(section.shape).flatMap(([name, field]) => {
    const path = [...above, name]
    if (field instanceof z.ZodPrefault) return variablesOf(field.unwrap() as z.ZodObject, path)
    const kind = kindOf(field)
    return [{ env: `RIPPLE_${path.join('_').toUpperCase()}`, path, kind, about: field.description ?? '' }]
  })
}

/** Returns the type of a field's value without its default, its null and its transform; of a list of objects `object`. */
function kindOf(field: z.core.$ZodType): string {
  if (field instanceof z.ZodDefault || field instanceof z.ZodNullable) return kindOf(field.unwrap())
  if (field instanceof z.ZodPipe) return kindOf(field.in)
  if (field instanceof z.ZodArray && field.element instanceof z.ZodObject) return 'object'
  return field._zod.def.type
}
