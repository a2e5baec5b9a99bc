// Tests that a daemon withstands mutated requests at all its doors, with a scripted model.
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import type { TaskView } from '../../host/operations/context.ts'
import type { Ready } from '../../host/operations/local.ts'
import { type Mesh, openMesh } from '../harness/mesh.ts'
import { sendMutated } from '../harness/mutate/run.ts'
import { SCRIPTED_MODEL } from '../harness/no-models.ts'
import type { Running } from '../harness/peer.ts'
import { runs } from '../harness/processes.ts'
import { heavyClients } from '../harness/slow.ts'
import { WARM_MS } from '../harness/warm-data.ts'

/** Requests in all; without the flag a tenth, which takes half a minute. */
const REQUESTS = heavyClients ? 20_000 : 2_000
/** The requests after which memory is measured first. */
const WARM_REQUESTS = 1_000
/** The most MiB that the daemon may keep from then on: 50 MB. 25 were measured. */
const GROWN_MAX_MIB = 47
/** The seed of the requests; `MUTATED_SEED` tries others. */
const seed = Number(process.env.MUTATED_SEED ?? 1)

let mesh: Mesh
let daemon: Running<Ready>

beforeAll(async () => {
  mesh = await openMesh('mutated')
  // Requests may change settings.
  vi.stubEnv('XDG_CONFIG_HOME', join(mesh.folder, 'config'))
  vi.stubEnv('RIPPLE_API_OLLAMA', 'key')
  vi.stubEnv('RIPPLE_API_OLLAMA_PORT', '0')
  daemon = await mesh.upScripted('one')
}, WARM_MS)

afterAll(async () => {
  vi.unstubAllEnvs()
  expect(await mesh.end()).toEqual([])
})

test(
  `a daemon answers ${REQUESTS} mutated requests without a crash, a hang, an internal error or a leak`,
  async () => {
    const { agent, api } = daemon.ready
    const file = join(mesh.folder, 'a-file')
    await writeFile(file, 'hello')
    const task = await mesh.call<TaskView>('one', 'task.post', {
      prompt: 'Hello',
      model: SCRIPTED_MODEL,
      wait: true,
    })
    const { cid } = await mesh.call<{ cid: string }>('one', 'artifact.add', { path: file })
    const portOf = (url: string | null): number => Number(new URL(url ?? '').port)
    const token = (await readFile(api.token_file, 'utf8')).trim()
    const { faults, ...report } = await sendMutated({
      ...{ port: portOf(api.url), ollamaPort: portOf(api.ollama), token },
      ...{ pid: daemon.pid, seed, requests: REQUESTS, warm: WARM_REQUESTS },
      subject: { agent, model: SCRIPTED_MODEL, task: task.id, cid, file },
    })
    console.log(`MUTATED_SEED=${seed} ${JSON.stringify(report, null, 2)}`)
    expect(faults).toEqual([])
    expect(runs(daemon.pid)).toBe(true)
    expect((await mesh.call<{ agent: string }>('one', 'status')).agent).toBe(agent)
    expect(report.end_mib - report.warm_mib).toBeLessThanOrEqual(GROWN_MAX_MIB)
  },
  WARM_MS,
)
