import { mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { sha256Hex } from '../../host/codec/digest.ts'
import type { WhyView } from '../../host/operations/context.ts'
import { openMesh } from '../harness/mesh.ts'
import { here, ripple, rippleJson } from '../harness/peer.ts'
import { until } from '../harness/until.ts'
import { WARM_MS } from '../harness/warm-data.ts'
import { handmadePolicy } from '../unit/policy/wasm.ts'

interface Listed {
  readonly policies: readonly { name: string; origin: string; allowed: number; refused: number }[]
  readonly audit: { decisions: number; problems: string[] }
}

const prompt = 'The capital of France is'

test(
  "an owner's policy keeps a machine from running a task, and the poster learns which one",
  async () => {
    const mesh = await openMesh('policy')
    try {
      const [poster, worker] = await Promise.all([mesh.up('poster'), mesh.up('worker')])
      await until('the poster sees the worker', () => mesh.sees('poster', worker.ready.agent))
      const policies = join(mesh.folder, 'worker', 'policies')
      const wasm = handmadePolicy('run', {
        answers: { allow: false, rule: 'mine.never', reasons: ['never'] },
      })
      await mkdir(policies)
      await writeFile(join(policies, 'run.wasm'), wasm)
      const post = (key: string) =>
        rippleJson(
          here,
          ...['task', 'post', '--prompt', prompt, '--max-tokens', '4', '--key', key],
          ...mesh.at('poster'),
        )
      await post('the-first-of-two-keys')
      const answered = async () => {
        const why = await mesh.call<WhyView>('poster', 'task.why', { id: 'the-first-of-two-keys' })
        return why.peers.find(({ peer }) => peer === worker.ready.agent)?.answered
      }
      await until('the worker has refused', async () => Boolean(await answered()))
      expect(await answered()).toMatchObject({ code: 'policy_refuses', policy_hash: sha256Hex(wasm) })
      const own = await mesh.accepted('poster', 'the-first-of-two-keys')
      expect(own.worker).toBe(poster.ready.agent)

      await rm(join(policies, 'run.wasm'))
      await ripple(here, 'drain', ...mesh.at('poster'))
      await post('the-second-of-two-keys')
      const others = await mesh.accepted('poster', 'the-second-of-two-keys')
      expect(others.worker).toBe(worker.ready.agent)
      const pins = JSON.parse(await readFile(new URL('../../workdir/policies.json', import.meta.url), 'utf8'))
      const decisionsOf = async (name: string, id: string) =>
        (await mesh.call<WhyView>(name, 'task.why', { id })).decisions.map(
          ({ point, allow, policy }) => [point, allow, policy.digest] as const,
        )
      const [asked] = (await decisionsOf('poster', 'the-first-of-two-keys')).filter(
        ([point]) => point === 'post',
      )
      expect(asked).toEqual(['post', true, pins.policies.post.wasm])
      expect(await decisionsOf('poster', 'the-first-of-two-keys')).toContainEqual([
        'run',
        true,
        pins.policies.run.wasm,
      ])
      expect(await decisionsOf('worker', own.task)).toEqual([['run', false, sha256Hex(wasm)]])
      expect(await decisionsOf('worker', others.task)).toEqual([
        ['run', true, pins.policies.run.wasm],
        ['run', true, pins.policies.run.wasm],
      ])
      const receipt = await readFile(others.receipt ?? '')
      expect(receipt.includes(pins.policies.run.wasm)).toBe(true)

      const listed = await rippleJson<Listed>(here, 'policy', 'list', '--verify', ...mesh.at('worker'))
      expect(listed.policies.find(({ name }) => name === 'run')).toMatchObject({
        ...{ origin: 'shipped', allowed: 2, refused: 1 },
      })
      expect(listed.audit).toMatchObject({ decisions: 3, problems: [] })
      expect((await ripple(here, 'policy', 'test', ...mesh.at('worker'))).code).toBe(0)
      const facts = JSON.stringify({ provider: 'acme' })
      const dry = await ripple(here, 'policy', 'decide', 'egress', '--facts', facts, ...mesh.at('worker'))
      expect(dry.code).toBe(4)
      const audit = await readFile(join(mesh.folder, 'worker', 'audit', 'decisions-00000001.ndjson'), 'utf8')
      expect(audit).not.toContain('France')
    } finally {
      expect(await mesh.end()).toEqual([])
    }
  },
  WARM_MS,
)
