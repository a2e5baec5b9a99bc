// Has a daemon open a stand-in in place of llama.cpp's engine: `node --import <this file>?<file of the stand-in>`. The rest of the daemon is real.
import { registerHooks } from 'node:module'

const real = '/host/engine/llama.ts'
const standIn = new URL(new URL(import.meta.url).search.slice(1), import.meta.url).href

registerHooks({
  resolve: (specifier, context, next) => {
    const found = next(specifier, context)
    return found.url.split('?')[0]?.endsWith(real) && !context.parentURL?.startsWith(standIn)
      ? next(standIn, context)
      : found
  },
})
