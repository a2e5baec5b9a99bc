import { expect, test } from 'vitest'
import { bandwidthOf, classOf, computeOf, freeDiskGb, gpusOf } from '../../../host/hardware/convert.ts'
import { cloud, silent, workstation } from './samples.ts'

test('a virtual machine has cores and memory and no GPU', () => {
  const compute = { cpu_cores: 2, cpu_arch: 'x86_64', ram_gb: 23, gpu: null, gpus: [] }
  expect(computeOf(cloud, 'x64')).toEqual(compute)
})

test('the largest GPU counts, and those without memory of their own do not', () => {
  const { gpu, gpus } = computeOf(workstation, 'arm64')
  expect(gpu).toEqual({ vendor: 'nvidia', model: 'RTX 4090', vram_gb: 23 })
  expect(gpus.map(({ model }) => model)).toEqual(['RTX 3060', 'RTX 4090'])
})

test.each([
  ['NVIDIA Corporation', 'nvidia'],
  ['Advanced Micro Devices, Inc. [AMD/ATI]', 'amd'],
  ['ATI Technologies Inc', 'amd'],
  ['Intel Corporation', 'intel'],
  ['Moore Threads', 'moore threads'],
])('the vendor %s is %s', (vendor, name) => {
  const gpus = [{ vendor, model: 'm', vram: 8_192, vramDynamic: false }]
  expect(gpusOf({ gpus })).toEqual([{ vendor: name, model: 'm', vram_gb: 8 }])
})

test('names of hardware lose the characters that the rules of a card refuse', () => {
  const gpus = [
    { vendor: 'Moore\u0000 Threads\n', model: '\u202eS80\u001b[2J', vram: 8_192, vramDynamic: false },
  ]
  expect(gpusOf({ gpus })).toEqual([{ vendor: 'moore threads', model: 'S80[2J', vram_gb: 8 }])
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
  expect(computeOf(silent, 'riscv64')).toEqual({
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
