/** Serves the API of a running daemon. */
import { listenOllama } from '../../api/ollama/listener.ts'
import { listenApi } from '../../api/server.ts'
import { publishState } from '../../api/state-file.ts'
import { apiToken } from '../../api/token.ts'
import { joinUrl } from '../../config/network.ts'
import type { Ready } from '../../operations/local.ts'
import { version } from '../../version.ts'
import type { OpenContext } from './context.ts'

/** Serves the API of an open context and publishes its address. The API ends with the context. */
export async function serve(open: OpenContext, signal: AbortSignal): Promise<Ready> {
  const { config, paths, stack, joined } = open
  const [token, openaiKey] = await Promise.all([apiToken(paths.apiToken), apiToken(paths.openaiKey)])
  const { context, emit, traces } = open
  const needs = { context, token, openaiKey, emit, traces, signal, doors: config.api }
  const api = stack.use(await listenApi(needs, config.api.port))
  const { hosts, origins, ollama: access, ollama_port } = config.api
  const ollama =
    access === 'off' ? null : stack.use(await listenOllama({ ...needs, access, hosts, origins }, ollama_port))
  const urls = { url: api.url, ollama: ollama?.url ?? null }
  open.published(urls)
  const state = { url: api.url, token_file: paths.apiToken, pid: process.pid, version }
  stack.use(await publishState(paths.apiFile, state))
  emit({ type: 'ready', url: api.url })
  return {
    ready: true,
    already: false,
    same_network: null,
    pid: process.pid,
    agent: context.agent,
    network: config.network,
    local: joined.network.localName,
    server: joined.bootstrapUrl && joinUrl(joined.bootstrapUrl, joined.network.localName),
    joined: joined.how,
    data: config.data,
    api: { ...urls, token_file: paths.apiToken, key_file: paths.openaiKey },
    join: joined.join,
  }
}
