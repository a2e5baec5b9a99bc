import type { Controller, Probes } from '../../../host/hardware/convert.ts'

const noMachine: Probes = {
  cpu: null,
  mem: null,
  disks: null,
  system: null,
  chassis: null,
  network: null,
}

/** The report of systeminformation on a small virtual machine in a data centre. */
export const cloud: Probes = {
  cpu: { cores: 2 },
  mem: { total: 25_276_510_208 },
  disks: [{ mount: '/', available: 78_303_973_376 }],
  system: { model: 'Docker Container', virtual: true, virtualHost: 'KVM' },
  chassis: { type: '' },
  network: [
    { default: false, internal: true, speed: null },
    { default: true, internal: false, speed: -1 },
  ],
}

/** The report of systeminformation on a workstation with a separate disk for data. */
export const workstation: Probes = {
  cpu: { cores: 16 },
  mem: { total: 67_430_449_152 },
  disks: [
    { mount: '/', available: 21_474_836_480 },
    { mount: '/data', available: 2_199_023_255_552 },
    { mount: '/data-old', available: 1 },
  ],
  system: { model: 'B650', virtual: false },
  chassis: { type: 'Desktop' },
  network: [{ default: true, internal: false, speed: 1_000 }],
}

/** The graphics controllers of a workstation with three GPUs. */
export const controllers: Controller[] = [
  { model: 'Raphael', vram: 512, vramDynamic: false },
  { model: 'RTX 3060', vram: 12_288, vramDynamic: false },
  { model: 'RTX 4090', vram: 256, vramDynamic: false, memoryTotal: 24_564 },
  { model: 'UHD Graphics 770', vram: 8_192, vramDynamic: true },
]

/** A machine whose probes all failed. */
export const silent = noMachine
