/** Reads the environment of the program and prepares that of its children. */
import { type Agent, globalAgent, setGlobalProxyFromEnv } from 'node:http'
import { userInfo } from 'node:os'
import { secretName } from '../types/secret-name.ts'
import { directHosts, type NamedProxy, namedProxies } from './proxies.ts'
import { Secret } from './secrets.ts'

/** The values of the environment, read once at start-up. No other TypeScript reads or changes `process.env`. */
export interface Env {
  /** Every `RIPPLE_*` variable that is set and not empty, without secrets. */
  readonly ripple: Readonly<Record<string, string>>
  /** The values of `RIPPLE_SECRET_<NAME>`, by name in lower case. */
  readonly secrets: Readonly<Record<string, Secret>>
  readonly home: string
  /** The XDG base folders that the user set. */
  readonly xdg: {
    readonly config: string | null
    readonly data: string | null
    readonly cache: string | null
    readonly state: string | null
  }
  /** The search path for programs. */
  readonly path: string
  /** Whether a display is named, so that a browser can show itself (X11, Wayland). */
  readonly display: boolean
  /** Whether npm's shell runs this program (`npx ripple`, `npm start`): the program then ends with that shell. */
  readonly npm: boolean
  /** The width of the screen by `COLUMNS`, in cells; null without it. */
  readonly columns: number | null
  /** Whether output is coloured: `always` by FORCE_COLOR, `never` by NO_COLOR, otherwise `auto`. */
  readonly colour: 'always' | 'never' | 'auto'
  readonly proxies: readonly NamedProxy[]
  /** The variables that choose GPUs and find their drivers, for the engine's process. */
  readonly gpu: Readonly<Record<string, string>>
}

type Source = Readonly<Record<string, string | undefined>>

/** Reads the environment. Relative XDG paths are ignored, as the XDG specification asks. */
export function readEnv(source: Source = process.env): Env {
  const xdg = (name: string): string | null => {
    const value = source[`XDG_${name}_HOME`]
    return value?.startsWith('/') ? value : null
  }
  return {
    ripple: rippleVariables(source),
    secrets: secretVariables(source),
    // As in host/setup/paths.mjs: a service may run without HOME, and both must find the same folder.
    home: source.HOME || userInfo().homedir,
    xdg: { config: xdg('CONFIG'), data: xdg('DATA'), cache: xdg('CACHE'), state: xdg('STATE') },
    path: source.PATH ?? '',
    display: Boolean(source.DISPLAY || source.WAYLAND_DISPLAY),
    npm: Boolean(source.npm_lifecycle_event),
    columns: columnsOf(source.COLUMNS),
    colour: colourOf(source),
    proxies: namedProxies(source),
    gpu: Object.fromEntries(GPU_VARIABLES.flatMap((name) => (source[name] ? [[name, source[name]]] : []))),
  }
}

/** The variables of the GPUs' drivers and of llama.cpp that choose GPUs, and that find drivers and libraries. */
const GPU_VARIABLES = [
  'CUDA_PATH',
  'CUDA_VISIBLE_DEVICES',
  'GGML_VK_VISIBLE_DEVICES',
  'LD_LIBRARY_PATH',
  'VK_DRIVER_FILES',
  'VK_ICD_FILENAMES',
]

/** The prefix of the variables that hold secrets. */
const SECRET = 'RIPPLE_SECRET_'

function rippleVariables(source: Source): Record<string, string> {
  const found: Record<string, string> = {}
  for (const [name, value] of Object.entries(source)) {
    if (!name.startsWith('RIPPLE_') || name.startsWith(SECRET)) continue
    if (value !== undefined && value !== '') found[name] = value
  }
  return found
}

function secretVariables(source: Source): Record<string, Secret> {
  const found: Record<string, Secret> = {}
  for (const [variable, value] of Object.entries(source)) {
    const name = secretName.safeParse(variable.slice(SECRET.length).toLowerCase())
    if (variable.startsWith(SECRET) && name.success && value) found[name.data] = new Secret(value)
  }
  return found
}

function columnsOf(text: string | undefined): number | null {
  return text !== undefined && /^[1-9]\d{0,3}$/.test(text) ? Number(text) : null
}

function colourOf(source: Source): Env['colour'] {
  if (source.NO_COLOR) return 'never'
  const forced = source.FORCE_COLOR
  return forced !== undefined && forced !== '0' && forced !== 'false' ? 'always' : 'auto'
}

/**
 * Reads the environment at the start and removes the secrets from it, so that no child inherits them, even one that a
 * library starts. Neither the program nor its children send traffic for this machine to a proxy.
 */
export function takeEnv(source: Record<string, string | undefined> = process.env): Env {
  const env = readEnv(source)
  askDirectly([], source)
  for (const name of Object.keys(source)) if (name.startsWith(SECRET)) delete source[name]
  return env
}

/**
 * Makes this program and its children contact this machine, and `hosts`, without a proxy. Node has read its proxies before
 * any of our code runs; if it uses them, it has to read them again.
 */
export function askDirectly(
  hosts: readonly string[],
  source: Record<string, string | undefined> = process.env,
): void {
  Object.assign(source, directHosts(source, hosts))
  if (source === process.env && usesProxies(globalAgent)) setGlobalProxyFromEnv(source)
}

/** Whether Node was told to use the proxies of its environment; its types leave the field out. */
function usesProxies(agent: Agent & { readonly options?: { readonly proxyEnv?: object } }): boolean {
  return agent.options?.proxyEnv !== undefined
}

/** Returns the environment of a daemon that a command starts: the command's own, with the secrets that were removed from it. */
export function daemonEnv({ secrets }: Pick<Env, 'secrets'>, source: Source = process.env): Source {
  const given = Object.entries(secrets).map(([name, secret]) => [
    `${SECRET}${name.toUpperCase()}`,
    secret.reveal(),
  ])
  // The daemon outlives the shell that this command runs in.
  return { ...source, npm_lifecycle_event: undefined, ...Object.fromEntries(given) }
}

/**
 * Returns the environment for child processes: this one's without its secrets, in case they were not removed. Children
 * inherit the rest, because a conductor may need system variables that Ripple does not know (certificates, GPU drivers).
 */
export function childEnv(source: Source = process.env): Record<string, string> {
  return Object.fromEntries(
    Object.entries(source).filter(
      (pair): pair is [string, string] => pair[1] !== undefined && !pair[0].startsWith(SECRET),
    ),
  )
}
