/** Runs models as the engine's process: it serves its parent, and ends when its parent ends. */
import { performance } from 'node:perf_hooks'
import { messageOf } from '../../errors/message-of.ts'
import { RippleError } from '../../errors/ripple-error.ts'
import { loadBackend, NoGpu } from './backend.ts'
import { CpuShares } from './cpu-shares.ts'
import {
  type Call,
  type Reply,
  type RunRequest,
  replySchema,
  requestSchema,
  setupSchema,
} from './messages.ts'
import { Models } from './models.ts'
import { type Listener, run } from './run.ts'

// SIGKILL, because an orderly exit waits for native threads, and there is nothing to save.
process.on('disconnect', () => process.kill(process.pid, 'SIGKILL'))
// Ctrl-C reaches the whole process group; the daemon decides when its engine ends.
process.on('SIGINT', () => {})

const setup = setupSchema.parse(JSON.parse(process.argv[2] ?? '{}'))
const backend = await loadBackend(setup).catch((error: unknown) => {
  if (!(error instanceof NoGpu)) throw error
  reply({ type: 'no_gpu', detail: error.message })
  // The parent ends this process.
  return Promise.withResolvers<never>().promise
})
const models = new Models(backend, {
  budget: { ram: setup.memory_bytes, vram: backend.gpu?.budget_bytes ?? 0 },
  idle_ms: setup.idle_ms,
  onChange: (now) => reply({ type: 'models', models: [...now] }),
})
const cpu = new CpuShares(() => {
  const { user, system } = process.cpuUsage()
  return (user + system) / 1000
})
const calls = new Map<number, AbortController>()

process.on('message', (message) => {
  const request = requestSchema.parse(message)
  if (request.type === 'stop') calls.get(request.id)?.abort()
  else void answer(request)
})
reply({ type: 'ready', build: backend.build, backend_class: backend.backendClass, gpu: backend.gpu })

function reply(message: Reply): void {
  process.send?.(message)
}

/** Executes a call and replies with its result. */
async function answer(call: Call): Promise<void> {
  const { id } = call
  const stop = new AbortController()
  calls.set(id, stop)
  try {
    reply(await end(call, stop.signal))
  } catch (error) {
    reply(stop.signal.aborted ? { type: 'stopped', id } : failure(id, error))
  } finally {
    calls.delete(id)
  }
}

async function end(call: Call, signal: AbortSignal): Promise<Reply> {
  const { id } = call
  if (call.type === 'load') return { type: 'answered', id, changed: await models.load(call.model, signal) }
  if (call.type === 'unload')
    return { type: 'answered', id, changed: await models.unload(call.sha256, signal) }
  return runToEnd(call, signal)
}

async function runToEnd(request: RunRequest, signal: AbortSignal): Promise<Reply> {
  const { id } = request
  const from = performance.now()
  const cpuMs = cpu.begin()
  const listener: Listener = {
    onSplitting: (on) => reply({ type: 'splitting', id, on }),
    onRead: (tokens) => reply({ type: 'read', id, tokens }),
    onText: (text, tokens) => reply({ type: 'text', id, text, tokens }),
  }
  try {
    const { tokens_in, tokens_out, finish, template_digest } = await run(models, request, listener, signal)
    const usage = {
      tokens_in,
      tokens_out,
      cpu_ms: Math.round(cpuMs()),
      wall_ms: Math.round(performance.now() - from),
      peak_rss_bytes: process.resourceUsage().maxRSS * 1024,
    }
    return { type: 'done', id, finish, usage, template_digest }
  } finally {
    cpuMs()
  }
}

function failure(id: number, error: unknown): Reply {
  const known = replySchema.safeParse(
    error instanceof RippleError ? { type: 'failed', id, code: error.code, facts: error.facts } : null,
  )
  if (known.success) return known.data
  return { type: 'failed', id, code: 'RIPPLE_ENGINE_CRASHED', facts: { detail: messageOf(error) } }
}
