import { expect, test } from 'vitest'
import { bandwidthOf, classOf, computeOf, freeDiskGb, largestGpu } from '../../../host/hardware/convert.ts'
import { cloud, controllers, silent, workstation } from './samples.ts'

test('a virtual machine has cores and memory and no GPU', () => {
  const compute = { cpu_cores: 2, cpu_arch: 'x86_64', ram_gb: 23, gpu: null, gpus: [] }
  expect(computeOf(cloud, null, 'x64')).toEqual(compute)
})

const GIB = 1024 ** 3
const used = (backend: string, devices: string[], gib = 24) => ({ backend, devices, vram_bytes: gib * GIB })

test('the GPUs that the engine uses share their memory', () => {
  const { gpu, gpus } = computeOf(
    workstation,
    used('vulkan', ['AMD Radeon RX 7600', 'Intel(R) Arc']),
    'arm64',
  )
  expect(gpu).toEqual({ vendor: 'amd', model: 'AMD Radeon RX 7600', vram_gb: 12 })
  expect(gpus.map(({ vendor, vram_gb }) => [vendor, vram_gb])).toEqual([
    ['amd', 12],
    ['intel', 12],
  ])
})

test.each([
  ['cuda', 'Tesla T4', 'nvidia'],
  ['vulkan', 'NVIDIA GeForce RTX 4090', 'nvidia'],
  ['metal', 'M4 Pro', 'apple'],
  ['vulkan', 'llvmpipe (LLVM 15.0.6, 256 bits)', 'unknown'],
])('a GPU by %s with the name %s is of the vendor %s', (backend, name, vendor) => {
  expect(computeOf(cloud, used(backend, [name]), 'x64').gpu?.vendor).toBe(vendor)
})

test('names of hardware lose the characters that the rules of a card refuse', () => {
  const { gpu } = computeOf(cloud, used('vulkan', [`\u202eS80\u001b[2J${'\u{1f600}'.repeat(80)}`]), 'x64')
  expect(gpu?.model).toMatch(/^S80\[2J/)
  expect(Buffer.byteLength(gpu?.model ?? '')).toBeLessThanOrEqual(128)
})

test('the largest GPU of a machine has a name, and one without memory of its own does not count', () => {
  expect(largestGpu(controllers)).toBe('RTX 4090')
  expect(largestGpu(controllers.filter(({ model }) => model === 'UHD Graphics 770'))).toBeNull()
  expect(largestGpu([])).toBeNull()
})

test('free disk is that of the nearest mount, rounded down to a power of two', () => {
  expect(freeDiskGb(workstation, '/data/ripple')).toBe(2_048)
  expect(freeDiskGb(workstation, '/var/ripple')).toBe(16)
  expect(freeDiskGb(cloud, '/')).toBe(64)
  expect(freeDiskGb({ disks: [{ mount: '/', available: 1_000 }] }, '/x')).toBe(0)
})

test('a link of unknown speed counts as 0', () => {
  expect([cloud, workstation, silent].map(bandwidthOf)).toEqual([0, 1_000, 0])
})

test('failed probes give zeros', () => {
  expect(computeOf(silent, null, 'riscv64')).toEqual({
    cpu_cores: 0,
    cpu_arch: 'riscv64',
    ram_gb: 0,
    gpu: null,
    gpus: [],
  })
  expect(freeDiskGb(silent, '/')).toBe(0)
})

test.each([
  ['cloud-vm', cloud, 'linux'],
  ['desktop', workstation, 'linux'],
  ['desktop', silent, 'darwin'],
  ['mobile', silent, 'android'],
  ['edge-server', { ...workstation, chassis: { type: 'Rack Mount Chassis' } }, 'linux'],
  ['iot-arm', { ...silent, system: { model: 'Raspberry Pi 5 Model B', virtual: false } }, 'linux'],
  ['desktop', { ...cloud, system: { model: 'Windows Subsystem for Linux WSL2', virtual: true } }, 'linux'],
] as const)("a machine's class is recognised: %s", (name, probes, platform) => {
  expect(classOf(probes, platform)).toBe(name)
})
