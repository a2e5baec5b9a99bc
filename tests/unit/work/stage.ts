import type { EpochRules } from '../../../host/config/epoch.ts'
import { meshCore } from '../../../host/mesh/core.ts'
import type { TaskView } from '../../../host/mesh/view/view.ts'
import { openRules } from '../../../host/rules/rules.ts'
import { plainPrompt } from '../../../host/types/inference.ts'
import type { TaskSpec } from '../../../host/work/poster/task-spec.ts'
import type { Work } from '../../../host/work/work.ts'
import { modelDigest } from '../../harness/sim/card.ts'
import type { Daemon, Machine } from '../../harness/sim/daemon.ts'
import { calm, type Faults } from '../../harness/sim/faults.ts'
import { Prng } from '../../harness/sim/random.ts'
import { epoch, World } from '../../harness/sim/world.ts'

const rules = await openRules()

/** Some machines on which nothing goes wrong but what the test does, judged by the real rules. */
export function stage(size: number, faults: Partial<Faults> = {}, epochs: EpochRules | null = null): World {
  const world = new World(new Prng(1), { ...calm, ...faults }, rules, meshCore, size, epochs)
  world.start()
  return world
}

/** Lets the stage's time pass until the promise has settled, for ten minutes at most. */
export async function play<T>(world: World, promise: Promise<T>): Promise<T> {
  let settled = false
  const done = () => {
    settled = true
  }
  promise.then(done, done)
  await world.clock.run(world.clock.now() + 600_000, () => settled)
  return promise
}

/** Lets some time pass, in milliseconds. */
export async function pass(world: World, ms: number): Promise<void> {
  await world.clock.run(world.clock.now() + ms, () => false)
}

/** Of a machine whose daemon is down the conductor still gives what it has. */
export function conductorStays(world: World, { machine }: Daemon): void {
  world.wires.turn(machine.agent, 'on')
}

/** Takes the cell of an epoch that was left from a machine, as its conductor does. */
export function without(machine: Machine, dna: string): void {
  const { dht } = machine
  const open = () => dht.dnaHashes.filter((one) => one !== dna)
  Object.defineProperty(machine, 'dht', {
    value: new Proxy(dht, {
      get: (object, name) => {
        const value: unknown = name === 'dnaHashes' ? open() : Reflect.get(object, name)
        return typeof value === 'function' ? value.bind(object) : value
      },
    }),
  })
}

/** Returns an open own task as it is now. */
export function listed(work: Work, task: string): TaskView | undefined {
  return work.list().find((one) => one.task === task)
}

/** The words in which tests describe a request; some are fields of the payload. */
type Wanted = Partial<TaskSpec> & {
  readonly prompt?: string
  readonly seed?: number
  readonly max_tokens?: number
}

/** Makes the request of a test. */
export function request(wanted: Wanted = {}): TaskSpec {
  const { prompt = 'Say something.', seed = 1, max_tokens = 8, ...changes } = wanted
  const parameters = { max_tokens, temperature_milli: 0, top_p_milli: 1000, top_k: 0, context_tokens: 512 }
  return {
    key: null,
    payload: plainPrompt(prompt, { parameters, seed }),
    deterministic: true,
    model: { name: 'sim', digest: modelDigest },
    sensitivity: 'private',
    requirements: { cpu_cores: 0, memory_mib: 0, disk_mib: 0, gpu_count: 0, vram_mib: 0, tags: [] },
    priority: 'interactive',
    placement: { prefer: 'any', strategy: 'locality_aware_binpack' },
    deadlines_ms: { queue: 60_000, run: 60_000, total: 300_000 },
    lease_ms: 5_000,
    max_attempts: 3,
    depends_on: [],
    fallback: null,
    only: null,
    force: false,
    ...changes,
  }
}

/** When the stage's clock began. */
export const start = epoch
