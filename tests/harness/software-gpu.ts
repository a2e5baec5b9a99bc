/** Finds the software GPU of the tests: Mesa's Vulkan driver for the CPU, lavapipe. */
import { existsSync, readdirSync } from 'node:fs'

const DRIVERS = '/usr/share/vulkan/icd.d'

/**
 * The variable that makes llama.cpp use the software GPU. Without it, llama.cpp ignores Vulkan devices that are CPUs, so a
 * machine with this driver alone has no GPU.
 */
export const withSoftwareGpu: Readonly<Record<string, string>> = { GGML_VK_VISIBLE_DEVICES: '0' }

/** Says why the software GPU cannot be used here; null if it can. */
export function softwareGpuProblem(): string | null {
  if (process.platform !== 'linux' || process.arch !== 'x64')
    return 'the tests know lavapipe on Linux x64 only'
  const drivers = existsSync(DRIVERS) ? readdirSync(DRIVERS) : []
  if (drivers.some((name) => name.startsWith('lvp_icd'))) return null
  return 'there is no lavapipe: apt-get install mesa-vulkan-drivers libvulkan1'
}
