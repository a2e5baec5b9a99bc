/** Defines the ways in which the engine may use a GPU. */
import { z } from 'zod'

/** `auto` uses the GPU that llama.cpp prefers, and the CPU without one; a kind of GPU must be there. */
export const gpuChoice = z.enum(['auto', 'off', 'cuda', 'vulkan', 'metal'])

/** One of those ways. */
export type GpuChoice = z.infer<typeof gpuChoice>
