/** Tests a daemon with a GPU, and one without: Mesa's software GPU stands in for a real one. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Ready } from '../../host/operations/local.ts'
import { testModel } from '../harness/model.ts'
import { apart, type Machine, ripple, rippleJson, running } from '../harness/peer.ts'
import { softwareGpuProblem, withSoftwareGpu } from '../harness/software-gpu.ts'
import { WARM_MS, warmData } from '../harness/warm-data.ts'

const problem = softwareGpuProblem()
if (problem !== null) console.warn(`no daemon is tested with a GPU: ${problem}`)

/** What a machine says about its GPU. */
interface Told {
  readonly card: string | null
  readonly doctor: string | undefined
  readonly backend_class: string
}

describe.skipIf(problem !== null)(
  `a daemon with a GPU${problem === null ? '' : ` (skipped: ${problem})`}`,
  () => {
    const folder = mkdtempSync(join(tmpdir(), 'ripple-gpu-'))
    afterAll(() => rmSync(folder, { recursive: true, force: true }))
    let words: string[]

    beforeAll(async () => {
      await testModel()
      words = ['--data', await warmData(folder, 'peer')]
    }, WARM_MS)

    const machine = async (env: Readonly<Record<string, string>>): Promise<Machine> => {
      const own = await apart()
      return { ...own, env: { ...own.env, ...env } }
    }

    async function told(by: Machine): Promise<Told> {
      const { peers } = await rippleJson<{ peers: { gpu: string | null }[] }>(by, 'peers', ...words)
      const { engine } = await rippleJson<{ engine: { backend_class: string } }>(by, 'status', ...words)
      const { checks } = JSON.parse((await ripple(by, 'doctor', '--json', ...words)).stdout) as {
        checks: { name: string; detail: string }[]
      }
      const doctor = checks.find(({ name }) => name === 'gpu')?.detail
      return { card: peers[0]?.gpu ?? null, doctor, backend_class: engine.backend_class }
    }

    test(
      'the card, doctor and results name the GPU that the engine runs on, and a start without it takes it back',
      async () => {
        const withGpu = await machine(withSoftwareGpu)
        {
          await using _daemon = await running<Ready>(withGpu, 'up', '--port', '0', ...words)
          expect(await told(withGpu)).toEqual({
            card: expect.stringContaining('llvmpipe'),
            doctor: expect.stringMatching(/llvmpipe.*, used by the engine/),
            backend_class: expect.stringContaining('/vulkan-x64-llvmpipe'),
          })
          const asked = await ripple(withGpu, 'ask', 'Say yes.', '--max-tokens', '4', ...words)
          expect(asked.code, asked.stderr).toBe(0)
        }
        const without = await machine({})
        await using _daemon = await running<Ready>(without, 'up', '--port', '0', ...words)
        expect(await told(without)).toEqual({
          card: null,
          doctor: expect.not.stringMatching(/, used by the engine/),
          backend_class: expect.stringContaining('/cpu-x64'),
        })
      },
      WARM_MS,
    )
  },
)
