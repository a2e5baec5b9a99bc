// Finds a proxy in the environment that Node cannot use: Node would stop with a stack trace before Ripple's own code runs.

/** The hint for such a proxy. */
export const PROXY_FIX = 'set it to a URL such as http://proxy.example:3128'

/** Returns the variable whose proxy is not a URL for Node; null if all are, or if Node does not read them. */
export function badProxy(env = process.env) {
  const isRead = env.NODE_USE_ENV_PROXY === '1' || /--use-env-proxy/.test(env.NODE_OPTIONS ?? '')
  if (!isRead) return null
  // Node prefers the lower case, too.
  const read = ['http_proxy', 'https_proxy'].map((name) => (env[name] ? name : name.toUpperCase()))
  return read.find((name) => env[name] && !isProxy(env[name])) ?? null
}

function isProxy(value) {
  try {
    const { protocol, hostname } = new URL(value)
    return /^(https?|socks5h?):$/.test(protocol) && hostname !== ''
  } catch {
    return false
  }
}
