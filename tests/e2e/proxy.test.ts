// Tests two peers of one machine whose environment names proxies.
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { type Mesh, openMesh } from '../harness/mesh.ts'
import { type RecordingProxy, recordingProxy } from '../harness/recording-proxy.ts'
import { slow } from '../harness/slow.ts'
import { until } from '../harness/until.ts'
import { WARM_MS } from '../harness/warm-data.ts'

let proxy: RecordingProxy
let mesh: Mesh
beforeAll(async () => {
  if (!slow) return
  proxy = await recordingProxy()
  for (const name of ['HTTP_PROXY', 'HTTPS_PROXY', 'ALL_PROXY']) {
    vi.stubEnv(name, proxy.url)
    vi.stubEnv(name.toLowerCase(), proxy.url)
  }
  vi.stubEnv('NO_PROXY', 'intranet.example')
  vi.stubEnv('NODE_USE_ENV_PROXY', '1')
  mesh = await openMesh('proxy')
})
afterAll(async () => {
  if (!slow) return
  vi.unstubAllEnvs()
  await mesh.end()
  await proxy[Symbol.asyncDispose]()
})

test.runIf(slow)(
  "peers of one machine meet without traffic to the environment's proxies",
  async () => {
    const [ann, bob] = await Promise.all([mesh.up('ann'), mesh.up('bob')])
    await until('both see each other', async () => {
      return (await mesh.sees('ann', bob.ready.agent)) && (await mesh.sees('bob', ann.ready.agent))
    })
    expect(proxy.heard()).toBe('')
  },
  WARM_MS,
)
