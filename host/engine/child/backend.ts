/** Loads llama.cpp and names the class of this machine. */
import { getLlama, getModuleVersion, type Llama, LlamaLogLevel } from 'node-llama-cpp'
import { limits } from '../../limits.ts'
import type { Setup } from './messages.ts'

/** The loaded llama.cpp. */
export interface Backend {
  readonly llama: Llama
  /** The binding and the engine with their versions. */
  readonly build: string
  /** The class of this machine. Machines of one class give the same bytes for the same model, parameters and seed. */
  readonly backendClass: string
  /** Threads of a run. */
  readonly threads: number
  /** Most concurrent runs. */
  readonly slots: number
  /** Most tokens that are read at a time. */
  readonly batch: number
  /** Returns the last error that llama.cpp logged since the previous call, or null. */
  takeLastError(): string | null
}

/** Loads the prebuilt llama.cpp. It is never built or downloaded here: on a machine without a fitting binary this rejects. */
export async function loadBackend(setup: Setup): Promise<Backend> {
  let lastError: string | null = null
  const llama = await getLlama({
    gpu: setup.gpu === 'auto' ? 'auto' : false,
    build: 'never',
    skipDownload: true,
    progressLogs: false,
    logLevel: LlamaLogLevel.error,
    logger: (_level, message) => {
      lastError = message.trim()
    },
    maxThreads: setup.threads,
  })
  const release = llama.llamaCppRelease.release
  return {
    llama,
    build: `node-llama-cpp ${await getModuleVersion()} (llama.cpp ${release})`,
    backendClass: `llama.cpp-${release}/${await deviceClass(llama)}`,
    threads: setup.threads,
    slots: setup.slots,
    batch: limits.engine_batch_tokens[llama.gpu === false ? 'cpu' : 'gpu'],
    takeLastError: () => {
      const taken = lastError
      lastError = null
      return taken
    },
  }
}

async function deviceClass(llama: Llama): Promise<string> {
  if (llama.gpu === false) return cpuClass(process.arch, llama.systemInfo)
  const [device = 'unknown'] = await llama.getGpuDeviceNames()
  return `${llama.gpu}-${process.arch}-${device.toLowerCase().replaceAll(/[^a-z0-9]+/g, '-')}`
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
