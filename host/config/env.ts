import { type Agent, globalAgent, setGlobalProxyFromEnv } from 'node:http'
import { userInfo } from 'node:os'
import { directHosts, type NamedProxy, namedProxies } from './proxies.ts'
import { Secret, secretName } from './secrets.ts'

/** What the environment says, read once at start-up. No other TypeScript reads or changes `process.env`. */
export interface Env {
  /** Every `RIPPLE_*` variable that is set and not empty, but for secrets. */
  readonly ripple: Readonly<Record<string, string>>
  /** What `RIPPLE_SECRET_<NAME>` holds, by name in lower case. */
  readonly secrets: Readonly<Record<string, Secret>>
  readonly home: string
  /** XDG base folders, where the user set them. */
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
  /** Width of the screen that `COLUMNS` sets, in cells; null where it sets none. */
  readonly columns: number | null
  /** Whether output is coloured: `always` by FORCE_COLOR, `never` by NO_COLOR, else `auto`. */
  readonly colour: 'always' | 'never' | 'auto'
  readonly proxies: readonly NamedProxy[]
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
    // As host/setup/paths.mjs finds it: a service may run without HOME, and both must mean one folder.
    home: source.HOME || userInfo().homedir,
    xdg: { config: xdg('CONFIG'), data: xdg('DATA'), cache: xdg('CACHE'), state: xdg('STATE') },
    path: source.PATH ?? '',
    display: Boolean(source.DISPLAY || source.WAYLAND_DISPLAY),
    npm: Boolean(source.npm_lifecycle_event),
    columns: columnsOf(source.COLUMNS),
    colour: colourOf(source),
    proxies: namedProxies(source),
  }
}

/** What the variable of a secret begins with. */
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
 * Reads the environment as a program begins, and takes the secrets out of it: no child of the program inherits them then, also
 * none that a library starts. Neither the program nor its children send traffic for this machine to a proxy.
 */
export function takeEnv(source: Record<string, string | undefined> = process.env): Env {
  const env = readEnv(source)
  askDirectly([], source)
  for (const name of Object.keys(source)) if (name.startsWith(SECRET)) delete source[name]
  return env
}

/**
 * Makes this program and its children ask this machine, and `hosts`, without a proxy. Node has read its proxies before any of our
 * code runs; if it uses them, it has to read them again.
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

/** The environment of a daemon that a command starts: its own, and the secrets that were taken out of that. */
export function daemonEnv({ secrets }: Pick<Env, 'secrets'>, source: Source = process.env): Source {
  const given = Object.entries(secrets).map(([name, secret]) => [
    `${SECRET}${name.toUpperCase()}`,
    secret.reveal(),
  ])
  // The daemon outlives the shell that this command runs in.
  return { ...source, npm_lifecycle_event: undefined, ...Object.fromEntries(given) }
}

/**
 * The environment for child processes, where it was not taken: this one's without its secrets. Children inherit the rest, because
 * a conductor may need variables of the system (certificates, GPU drivers) that Ripple knows nothing of.
 */
export function childEnv(source: Source = process.env): Record<string, string> {
  return Object.fromEntries(
    Object.entries(source).filter(
      (pair): pair is [string, string] => pair[1] !== undefined && !pair[0].startsWith(SECRET),
    ),
  )
}
