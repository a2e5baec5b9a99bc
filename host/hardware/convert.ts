/** Converts the readings of the hardware into the fields of a card. */
import type { Systeminformation } from 'systeminformation'
import type { Compute, Gpu } from '../../zomes-bindings/generated/agent-registry.ts'
import { plain } from '../types/text/plain-text.ts'

const GIB = 1024 ** 3
/** MiB in a GiB: systeminformation reports VRAM in MiB. */
const GIB_MIB = 1024

/** The most characters of a GPU's name: four bytes each are within the longest text of a card. */
const MODEL_CHARACTERS_MAX = 32

/** The fields of systeminformation that a card uses; null if a probe failed or was too slow. */
export interface Probes {
  readonly cpu: Pick<Systeminformation.CpuData, 'cores'> | null
  readonly mem: Pick<Systeminformation.MemData, 'total'> | null
  readonly disks: ReadonlyArray<Pick<Systeminformation.FsSizeData, 'mount' | 'available'>> | null
  readonly system: Pick<Systeminformation.SystemData, 'model' | 'virtual' | 'virtualHost'> | null
  readonly chassis: Pick<Systeminformation.ChassisData, 'type'> | null
  readonly network: ReadonlyArray<
    Pick<Systeminformation.NetworkInterfacesData, 'default' | 'speed' | 'internal'>
  > | null
}

/** The fields of a graphics controller that name a GPU. */
export type Controller = Pick<
  Systeminformation.GraphicsControllerData,
  'model' | 'vram' | 'vramDynamic' | 'memoryTotal'
>

/** The GPU that the engine runs on. */
export interface UsedGpu {
  readonly backend: string
  readonly devices: readonly string[]
  /** Memory of all devices, in bytes. */
  readonly vram_bytes: number
}

/** The names of architectures on cards, by Node's names. */
const ARCHITECTURES: Readonly<Record<string, string>> = { x64: 'x86_64', arm64: 'aarch64', arm: 'armv7l' }

/** Returns cores, memory and the GPUs that the engine uses; zeros if a probe failed. */
export function computeOf(probes: Probes, used: UsedGpu | null, arch: string): Compute {
  const gpus = used === null ? [] : gpusOf(used)
  return {
    cpu_cores: probes.cpu?.cores ?? 0,
    cpu_arch: ARCHITECTURES[arch] ?? arch,
    ram_gb: Math.floor((probes.mem?.total ?? 0) / GIB),
    gpu: gpus[0] ?? null,
    gpus,
  }
}

/** Returns the devices. llama.cpp says only how much memory they have together, so each has an equal share of it. */
function gpusOf({ backend, devices, vram_bytes }: UsedGpu): Gpu[] {
  return devices.map((name) => ({
    vendor: vendorOf(backend, name),
    model: plain(name).slice(0, MODEL_CHARACTERS_MAX) || 'unknown',
    vram_gb: Math.floor(vram_bytes / devices.length / GIB),
  }))
}

function vendorOf(backend: string, name: string): string {
  if (backend === 'cuda') return 'nvidia'
  if (backend === 'metal') return 'apple'
  const vendor = /\b(nvidia|amd|intel|apple)\b/i.exec(name)?.[0]
  return vendor?.toLowerCase() ?? 'unknown'
}

/**
 * Returns the name of the machine's largest GPU, whether or not the engine uses it; null without one. Display adapters without
 * their own memory (a server's console, a virtual screen) do not count.
 */
export function largestGpu(controllers: readonly Controller[]): string | null {
  const memory = (gpu: Controller) => (gpu.vramDynamic ? 0 : (gpu.memoryTotal ?? gpu.vram ?? 0))
  const [largest] = controllers.toSorted((one, two) => memory(two) - memory(one))
  if (largest === undefined || memory(largest) < GIB_MIB) return null
  return plain(largest.model).slice(0, MODEL_CHARACTERS_MAX) || 'unknown'
}

/** Returns the free space of a folder's disk, in GiB, rounded down to a power of two; 0 if unknown. */
export function freeDiskGb({ disks }: Pick<Probes, 'disks'>, folder: string): number {
  const holding = (disks ?? []).filter(({ mount }) => isUnder(folder, mount))
  const nearest = holding.toSorted((one, two) => two.mount.length - one.mount.length)[0]
  const gib = Math.floor((nearest?.available ?? 0) / GIB)
  return gib < 1 ? 0 : 2 ** Math.floor(Math.log2(gib))
}

function isUnder(folder: string, mount: string): boolean {
  return folder === mount || folder.startsWith(mount.endsWith('/') ? mount : `${mount}/`)
}

/** Returns the speed of the default network link, in Mbit/s; 0 if unknown. */
export function bandwidthOf({ network }: Pick<Probes, 'network'>): number {
  const link = network?.find((one) => one.default && !one.internal)
  return Math.max(0, Math.floor(link?.speed ?? 0))
}

/** Small boards, by their device tree's model. */
const BOARDS = /raspberry|jetson|orange ?pi|rock ?pi|odroid|banana ?pi|beagle/i
/** Chassis of machines in racks, by their SMBIOS name. */
const RACKS = /server|rack|blade|multi-system/i

/** The class of a machine, from the specification's table of hardware classes, in lower case. */
export type HardwareClass = 'cloud-vm' | 'edge-server' | 'desktop' | 'iot-arm' | 'mobile'

/** Guesses the class from the firmware's data. The card shows it as a tag only. */
export function classOf(
  { system, chassis }: Pick<Probes, 'system' | 'chassis'>,
  platform: string,
): HardwareClass {
  if (platform === 'android') return 'mobile'
  if (BOARDS.test(system?.model ?? '')) return 'iot-arm'
  // WSL runs in a virtual machine, but the machine is the Windows desktop.
  if (system?.virtual === true)
    return /wsl/i.test(`${system.virtualHost} ${system.model}`) ? 'desktop' : 'cloud-vm'
  return RACKS.test(chassis?.type ?? '') ? 'edge-server' : 'desktop'
}
