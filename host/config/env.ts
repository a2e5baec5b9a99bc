import { userInfo } from 'node:os'

/** What the environment says, read once at start-up. No other TypeScript reads `process.env`. */
export interface Env {
  /** Every `RIPPLE_*` variable that is set and not empty. */
  readonly ripple: Readonly<Record<string, string>>
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
  /** Whether output is coloured: `always` by FORCE_COLOR, `never` by NO_COLOR, else `auto`. */
  readonly colour: 'always' | 'never' | 'auto'
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
    // As host/setup/paths.mjs finds it: a service may run without HOME, and both must mean one folder.
    home: source.HOME || userInfo().homedir,
    xdg: { config: xdg('CONFIG'), data: xdg('DATA'), cache: xdg('CACHE'), state: xdg('STATE') },
    path: source.PATH ?? '',
    colour: colourOf(source),
  }
}

function rippleVariables(source: Source): Record<string, string> {
  const found: Record<string, string> = {}
  for (const [name, value] of Object.entries(source)) {
    if (name.startsWith('RIPPLE_') && value !== undefined && value !== '') found[name] = value
  }
  return found
}

function colourOf(source: Source): Env['colour'] {
  if (source.NO_COLOR) return 'never'
  const forced = source.FORCE_COLOR
  return forced !== undefined && forced !== '0' && forced !== 'false' ? 'always' : 'auto'
}

/**
 * The environment for child processes: this one's, with changes. Children inherit it whole, because a conductor or a
 * model engine may need variables of the system (certificates, GPU drivers) that Ripple knows nothing of.
 */
export function childEnv(changes: Readonly<Record<string, string>> = {}): Record<string, string> {
  const inherited = Object.entries(process.env).filter(
    (pair): pair is [string, string] => pair[1] !== undefined,
  )
  return { ...Object.fromEntries(inherited), ...changes }
}
