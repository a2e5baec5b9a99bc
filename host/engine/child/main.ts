/** The engine's process: it runs models for its parent and is gone when its parent is. */
import { performance } from 'node:perf_hooks'
import { RippleError } from '../../errors/ripple-error.ts'
import { type Backend, loadBackend } from './backend.ts'
import { generate } from './generate.ts'
import { type Reply, type RunRequest, replySchema, requestSchema, setupSchema } from './messages.ts'
import { type LoadedModel, loadModel } from './model.ts'

let loaded: LoadedModel | null = null
let running: { readonly id: number; readonly stop: AbortController } | null = null

// SIGKILL, because an orderly exit waits for native threads, and there is nothing to save.
process.on('disconnect', () => process.kill(process.pid, 'SIGKILL'))
// Ctrl-C reaches the whole process group; the daemon decides when its engine ends.
process.on('SIGINT', () => {})

const backend = await loadBackend(setupSchema.parse(JSON.parse(process.argv[2] ?? '{}')))
process.on('message', (message) => {
  const request = requestSchema.parse(message)
  if (request.type === 'run') void answer(request)
  else if (running?.id === request.id) running.stop.abort()
})
reply({ type: 'ready', build: backend.build, backend_class: backend.backendClass })

function reply(message: Reply): void {
  process.send?.(replySchema.parse(message))
}

/** Does one run and answers with its end. The daemon sends the next only after that. */
async function answer(request: RunRequest): Promise<void> {
  const { id } = request
  const stop = new AbortController()
  running = { id, stop }
  try {
    reply(await run(backend, request, stop.signal))
  } catch (error) {
    reply(stop.signal.aborted ? { type: 'stopped', id } : failure(id, error))
  } finally {
    running = null
  }
}

async function run(backend: Backend, request: RunRequest, signal: AbortSignal): Promise<Reply> {
  const { id } = request
  const cpu = process.cpuUsage()
  const from = performance.now()
  const model = await ready(backend, request)
  const tokens = await generate(backend, model, request, (text) => reply({ type: 'text', id, text }), signal)
  const spent = process.cpuUsage(cpu)
  return {
    type: 'done',
    id,
    usage: {
      ...tokens,
      cpu_ms: Math.round((spent.user + spent.system) / 1000),
      wall_ms: Math.round(performance.now() - from),
      peak_rss_bytes: process.resourceUsage().maxRSS * 1024,
    },
    template_digest: request.template === 'own' ? model.templateDigest : null,
  }
}

/** The model of a request; one at a time is kept in memory. */
async function ready(backend: Backend, request: RunRequest): Promise<LoadedModel> {
  if (loaded?.file === request.file) return loaded
  await loaded?.model.dispose()
  loaded = null
  loaded = await loadModel(backend, request)
  return loaded
}

function failure(id: number, error: unknown): Reply {
  const known = replySchema.safeParse(
    error instanceof RippleError ? { type: 'failed', id, code: error.code, facts: error.facts } : null,
  )
  if (known.success) return known.data
  const detail = error instanceof Error ? error.message : String(error)
  return { type: 'failed', id, code: 'RIPPLE_ENGINE_CRASHED', facts: { detail } }
}
