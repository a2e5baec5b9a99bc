import { openLlamaEngine } from '../../host/engine/llama.ts'
import { testModel } from '../harness/model.ts'
import { engineConformance } from './engine.ts'

engineConformance('llama', async () => {
  const model = await testModel()
  return openLlamaEngine({ models: () => [model] }, AbortSignal.timeout(60_000))
})
