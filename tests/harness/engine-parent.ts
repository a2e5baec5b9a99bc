/** Opens an engine, says the pid of its process, and waits to be killed. */
import { openLlamaEngine } from '../../host/engine/llama.ts'

const engine = await openLlamaEngine({ models: () => [] }, AbortSignal.timeout(60_000))
process.send?.(engine.pid)
setInterval(() => {}, 60_000)
