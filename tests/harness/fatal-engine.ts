/** A stand-in for the program of the engine's process: it dies of a signal while it splits a prompt that has the word `fatal`. */
import { type Reply, requestSchema } from '../../host/engine/child/messages.ts'

const say = (reply: Reply): void => void process.send?.(reply)

process.on('disconnect', () => process.exit())
process.on('message', (message) => {
  const call = requestSchema.parse(message)
  if (call.type !== 'run') return
  say({ type: 'splitting', id: call.id, on: true })
  // Nothing after this runs, as in native code that recurses too deep.
  if (JSON.stringify(call.input).includes('fatal')) process.kill(process.pid, 'SIGSEGV')
  say({ type: 'splitting', id: call.id, on: false })
  say({ type: 'read', id: call.id, tokens: 0 })
})
say({ type: 'ready', build: 'stand-in', backend_class: 'none', gpu: null })
