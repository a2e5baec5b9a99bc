/** Loads llama.cpp and names the class of this machine. */
import { getLlama, getModuleVersion, type Llama, LlamaLogLevel, NoBinaryFoundError } from 'node-llama-cpp'
import { limits } from '../../limits.ts'
import type { EngineGpu } from '../port.ts'
import type { Setup } from './messages.ts'

/** The loaded llama.cpp. */
export interface Backend {
  readonly llama: Llama
  /** The binding and the engine with their versions. */
  readonly build: string
  /** The class of this machine. Machines of one class give the same bytes for the same model, parameters and seed. */
  readonly backendClass: string
  /** The GPU that it runs on; null for the CPU. */
  readonly gpu: EngineGpu | null
  /** Threads of a run. */
  readonly threads: number
  /** Most concurrent runs. */
  readonly slots: number
  /** Most tokens that are read at a time. */
  readonly batch: number
  /** Returns the last error that llama.cpp logged since the previous call, or null. */
  takeLastError(): string | null
}

/** There is no GPU of the kind that the setup names. */
export class NoGpu extends Error {}

/**
 * Loads the prebuilt llama.cpp. It is never built or downloaded here: on a machine without a fitting binary this rejects.
 * Rejects with `NoGpu` where the setup names a GPU that is not there, and where the binary for a GPU finds no device. With
 * `auto`, that is a driver without a GPU: another process that begins on the CPU takes 70 MB less than this one would.
 */
export async function loadBackend(setup: Setup): Promise<Backend> {
  let lastError: string | null = null
  const llama = await loadLlama(setup, (message) => {
    lastError = message
  })
  const gpu = await gpuOf(llama)
  const release = llama.llamaCppRelease.release
  return {
    llama,
    build: `node-llama-cpp ${await getModuleVersion()} (llama.cpp ${release})`,
    backendClass: `llama.cpp-${release}/${deviceClass(llama, gpu)}`,
    gpu,
    threads: setup.threads,
    slots: setup.slots,
    batch: limits.engine_batch_tokens[gpu === null ? 'cpu' : 'gpu'],
    takeLastError: () => {
      const taken = lastError
      lastError = null
      return taken
    },
  }
}

async function loadLlama(setup: Setup, onError: (message: string) => void): Promise<Llama> {
  const { gpu } = setup
  const llama = await getLlama({
    gpu: gpu === 'off' ? false : gpu,
    build: 'never',
    skipDownload: true,
    progressLogs: false,
    logLevel: LlamaLogLevel.error,
    logger: (_level, message) => onError(message.trim()),
    maxThreads: setup.threads,
  }).catch((error: unknown) => {
    if (error instanceof NoBinaryFoundError && gpu !== 'off' && gpu !== 'auto')
      throw new NoGpu(`llama.cpp has no ${gpu} binary that runs here`)
    throw error
  })
  // In place of a GPU that the platform cannot have, such as Metal on Linux, node-llama-cpp takes another one.
  if (gpu !== 'off' && gpu !== 'auto' && llama.gpu !== gpu) throw new NoGpu(`this platform has no ${gpu}`)
  if (llama.gpu !== false && !llama.supportsGpuOffloading)
    throw new NoGpu(`${llama.gpu} finds no device that llama.cpp can use`)
  return llama
}

async function gpuOf(llama: Llama): Promise<EngineGpu | null> {
  if (llama.gpu === false) return null
  const { total, free, unifiedSize } = await llama.getVramState()
  const own = Math.min(free, total - unifiedSize) - llama.vramPaddingSize
  const devices = await llama.getGpuDeviceNames()
  return { backend: llama.gpu, devices, vram_bytes: total, budget_bytes: Math.max(0, Math.floor(own)) }
}

/** The most characters of a device's name in a class, whose length the network's rules bound. */
const DEVICE_CHARACTERS_MAX = 64

function deviceClass(llama: Llama, gpu: EngineGpu | null): string {
  if (gpu === null) return cpuClass(process.arch, llama.systemInfo)
  const [device = 'unknown'] = gpu.devices
  const name =
    device
      .toLowerCase()
      .match(/[a-z0-9]+/g)
      ?.join('-') ?? 'unknown'
  return `${gpu.backend}-${process.arch}-${name.slice(0, DEVICE_CHARACTERS_MAX)}`
}

/**
 * Names a CPU's class from llama.cpp's list of the features that it uses (`AVX2 = 1 | FMA = 1`). The arithmetic of its
 * kernels differs between instruction sets, and so do the last bits of a result. Features that every such CPU has are left
 * out.
 */
export function cpuClass(arch: string, systemInfo: string): string {
  const common = new Set(['SSE3', 'SSSE3', 'AVX', 'LLAMAFILE', 'REPACK', 'OPENMP'])
  const used = [...systemInfo.matchAll(/([A-Z][A-Z0-9_]*) = 1/g)].map((found) => found[1] ?? '')
  const telling = used.filter((name) => !common.has(name)).map((name) => name.toLowerCase())
  return ['cpu', arch, ...telling].join('-')
}
