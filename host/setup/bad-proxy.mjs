// Finds a proxy in the environment that Node could not use: it would end with a stack trace before any code of ours runs.

/** What to do about it. */
export const PROXY_FIX = 'set it to a URL such as http://proxy.example:3128'

/** The name of a variable whose proxy is no URL that Node takes; null where all are, or where Node does not read them. */
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
