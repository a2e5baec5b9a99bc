// Reads the proxies that the environment names, and keeps this machine's own traffic away from them.

type Source = Readonly<Record<string, string | undefined>>

/** A proxy that a variable names. */
export interface NamedProxy {
  readonly variable: string
  /** The proxy's URL without credentials; null if the value is not a URL. */
  readonly url: string | null
}

/** The variables that name a proxy; programs also read them in lower case. */
const PROXY_VARIABLES = ['HTTP_PROXY', 'HTTPS_PROXY', 'ALL_PROXY']
/** The variables that name hosts to be contacted directly. A program reads either. */
const DIRECT_VARIABLES = ['NO_PROXY', 'no_proxy']
/** The names of this machine in each form that some program understands: name, suffix, range, and as in URLs. */
const LOOPBACK = ['localhost', '.localhost', '127.0.0.1', '127.0.0.0/8', '::1', '[::1]']

/** Returns the proxies that an environment names. */
export function namedProxies(source: Source): NamedProxy[] {
  return PROXY_VARIABLES.flatMap((name) => [name, name.toLowerCase()]).flatMap((variable) => {
    const value = source[variable]
    return value ? [{ variable, url: withoutCredentials(value) }] : []
  })
}

/** Adds this machine and `hosts` to the user's list of hosts that programs contact directly. */
export function directHosts(source: Source, hosts: readonly string[] = []): Record<string, string> {
  const given = DIRECT_VARIABLES.map((name) => [name, source[name]?.trim() ?? ''] as const)
  const either = given.find(([, value]) => value !== '')?.[1] ?? ''
  return Object.fromEntries(given.map(([name, value]) => [name, withLoopback(value || either, hosts)]))
}

function withLoopback(value: string, hosts: readonly string[]): string {
  // A star already means every host; some programs accept it only alone.
  if (value === '*') return value
  const entries = value.split(/[\s,]+/).filter((entry) => entry !== '')
  return [...new Set([...entries, ...LOOPBACK, ...hosts])].join(',')
}

function withoutCredentials(value: string): string | null {
  const url = URL.parse(value.includes('://') ? value : `http://${value}`)
  if (url === null) return null
  const credentials = url.username === '' && url.password === '' ? '' : '***@'
  return `${url.protocol}//${credentials}${url.host}`
}
