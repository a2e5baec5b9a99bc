/** Adds up memory of the machine and memory of its GPU. */

/** Memory of the machine and of its GPU, in bytes. */
export interface Memory {
  readonly ram: number
  readonly vram: number
}

/** No memory. */
export const noMemory: Memory = { ram: 0, vram: 0 }

/** Returns the sum. */
export function plus(one: Memory, two: Memory): Memory {
  return { ram: one.ram + two.ram, vram: one.vram + two.vram }
}

/** Returns the difference. */
export function minus(one: Memory, two: Memory): Memory {
  return { ram: one.ram - two.ram, vram: one.vram - two.vram }
}

/** Returns the bytes of both kinds. */
export function bytesOf({ ram, vram }: Memory): number {
  return ram + vram
}

/**
 * Whether a need is within the budget: in all, and in the machine's memory. The GPU's own memory needs no bound here, because
 * llama.cpp measures it before it puts anything there.
 */
export function fits(need: Memory, budget: Memory): boolean {
  return need.ram <= budget.ram && bytesOf(need) <= bytesOf(budget)
}

/** Returns the memory of a file whose split between the two is not known yet: it counts as the GPU's as far as that goes. */
export function unsplit(bytes: number, budget: Memory): Memory {
  const vram = Math.min(bytes, budget.vram)
  return { ram: bytes - vram, vram }
}
