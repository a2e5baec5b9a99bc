import { cpus } from 'node:os'
import { expect, test } from 'vitest'
import { describeMachine, type OwnFacts, probeMachine } from '../../../host/hardware/card.ts'
import { limits } from '../../../host/limits.ts'
import { cloud, workstation } from './samples.ts'

const own = {
  data: '/data/ripple',
  models: [{ name: 'm', sha256: 'ab', context_tokens: 8_192 }],
  gpu: { backend: 'cuda', devices: ['NVIDIA GeForce RTX 4090'], vram_bytes: 24 * 1024 ** 3 },
  pinned_bytes: 3 * 1024 ** 3 + 5,
  tokens_per_second: 41.7,
  region: 'ap-southeast-2',
  tags: ['trusted'],
  caps: { cores: null, memory_mib: null },
}

test('the card of a workstation has its disk, models, network and tags', () => {
  const { capabilities, network, tags } = describeMachine(workstation, own)
  expect(capabilities.storage).toEqual({ local_ssd_gb: 2_048, ipfs_pinned_gb: 3, s3_available_gb: 0 })
  expect(capabilities.inference).toEqual({
    models_loaded: ['m'],
    models: [{ name: 'm', digest: 'ab', context_tokens: 8_192 }],
    max_batch_size: 1,
    tokens_per_second: 41,
  })
  expect(network).toEqual({ bandwidth_mbps: 1_000, latency_region: 'ap-southeast-2' })
  expect(tags).toEqual(['class:desktop', 'gpu:true', 'region:ap-southeast-2', 'trusted'])
})

test('a machine without models runs none, and one without a region has no region tag', () => {
  const card = describeMachine(cloud, { ...own, gpu: null, models: [], region: '', tags: [] })
  expect(card.capabilities.inference).toMatchObject({ models_loaded: [], max_batch_size: 0 })
  expect(card.tags).toEqual(['class:cloud-vm', 'gpu:false'])
})

test('a card leaves out models for which the network would refuse it', () => {
  const named = (name: string) => ({ name, sha256: 'ab', context_tokens: 1 })
  const odd = ['', 'ü'.repeat(65)].map(named)
  const many = Array.from({ length: 70 }, (_, index) => named(`m${index}`))
  const { models, models_loaded } = describeMachine(cloud, { ...own, models: [...odd, ...many] }).capabilities
    .inference
  expect(models.map(({ name }) => name)).toEqual(many.slice(0, 64).map(({ name }) => name))
  expect(models_loaded).toEqual(models.map(({ name }) => name))
})

test('each number of a card is a whole one that a peer can encode', () => {
  const numbers = JSON.stringify(describeMachine(workstation, own)).match(/:-?\d[\d.e+-]*/g) ?? []
  expect(numbers.every((found) => /^:\d+$/.test(found))).toBe(true)
})

test('this machine is probed in time', async () => {
  const from = performance.now()
  const probes = await probeMachine()
  expect(performance.now() - from).toBeLessThan(limits.hardware_probe_ms + 2_000)
  expect(probes.cpu?.cores ?? cpus().length).toBeGreaterThan(0)
  expect(describeMachine(probes, own).capabilities.compute.cpu_arch).not.toBe('')
})

test('a card names no more cores and memory than the owner shares', () => {
  const full = describeMachine(workstation, own).capabilities.compute
  const compute = (caps: OwnFacts['caps']) =>
    describeMachine(workstation, { ...own, caps }).capabilities.compute
  expect(compute({ cores: 1, memory_mib: 2_047 })).toMatchObject({ cpu_cores: 1, ram_gb: 1 })
  expect(compute({ cores: 10_000, memory_mib: 1 << 30 })).toEqual(full)
})
