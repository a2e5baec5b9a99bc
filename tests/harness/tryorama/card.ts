/** Makes cards that the rules accept. */
import { generateKeyPairSync, type KeyObject, sign } from 'node:crypto'
import type { NodeCapability } from '../../../zomes-bindings/generated/agent-registry.ts'
import { sha256Hex } from '../sha256.ts'

const { publicKey, privateKey } = generateKeyPairSync('ed25519')

/** A card whose libp2p key vouches for the agent. */
export function card(agent: string, vouchedFor = agent): NodeCapability {
  const model = { name: 'tiny', digest: sha256Hex('model'), context_tokens: 512 }
  return {
    node_id: agent,
    agent_name: 'machine',
    capabilities: {
      compute: { cpu_cores: 2, cpu_arch: 'x86_64', ram_gb: 4, gpu: null, gpus: [] },
      storage: { local_ssd_gb: 16, ipfs_pinned_gb: 0, s3_available_gb: 0 },
      inference: { models_loaded: ['tiny'], models: [model], max_batch_size: 1, tokens_per_second: 0 },
      memory: { vector_shards: 0, redis_memory_gb: 0 },
    },
    network: { bandwidth_mbps: 0, latency_region: '' },
    availability: 'online',
    load: { cpu_percent: 1, gpu_percent: 0, memory_percent: 2 },
    last_heartbeat: '2026-01-05T12:00:00Z',
    tags: ['region:test'],
    peer: { public_key: rawKey(publicKey), signature: vouch(privateKey, vouchedFor) },
    agent_version: '0.0.0',
  }
}

function rawKey(key: KeyObject): string {
  return Buffer.from(key.export({ format: 'jwk' }).x ?? '', 'base64url').toString('hex')
}

function vouch(key: KeyObject, agent: string): string {
  return sign(null, Buffer.from(`ripple-peer-v1:${agent}`), key).toString('hex')
}
