/** Loads a model as the engine's process does, and says how many of its layers lie on the GPU. */
import { loadBackend } from '../../host/engine/child/backend.ts'
import { setupSchema } from '../../host/engine/child/messages.ts'
import { loadModel } from '../../host/engine/child/model.ts'

const { file, ...setup } = JSON.parse(process.argv[2] ?? '{}')
const backend = await loadBackend(setupSchema.parse(setup))
const { model } = await loadModel(backend, file, AbortSignal.timeout(60_000))
process.send?.({ there: model.gpuLayers, all: model.fileInsights.totalLayers })
