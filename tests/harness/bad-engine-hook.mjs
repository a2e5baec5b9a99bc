// Has a daemon open the engine that misbehaves in place of llama.cpp's: `node --import <this file>`. All else of it is real.
import { registerHooks } from 'node:module'

const real = '/host/engine/llama.ts'
const standIn = new URL('bad-engine.ts', import.meta.url).href

registerHooks({
  resolve: (specifier, context, next) => {
    const found = next(specifier, context)
    return found.url.split('?')[0]?.endsWith(real) && !context.parentURL?.startsWith(standIn)
      ? next(standIn, context)
      : found
  },
})
