import { compare, inTurns, spread } from './compare.ts'
import type { Flow } from './flow.ts'
import { openPair } from './pair.ts'
import { type RawFlow, rawFlow } from './raw-flow.ts'

const stages = ['post', 'arrive', 'claim', 'prepare', 'run', 'attest', 'check', 'close', 'tell'] as const

/**
 * Measures from the post until the client learns that its task is accepted, less the engine's run for its one token.
 * It is compared with the same writes and remote calls straight to the conductors, which wait for each other's events
 * too, and with the sum of the floors of its stages, without waits between them.
 */
export async function measure({ n }: { n: number }): Promise<object> {
  await using pair = await openPair()
  const [ours, raw]: [Flow[], RawFlow[]] = [[], []]
  await rawFlow(pair.raw.poster, pair.raw.worker)
  await inTurns(
    n,
    async () => void ours.push(await pair.flow()),
    async () => void raw.push(await rawFlow(pair.raw.poster, pair.raw.worker)),
  )
  const own = ours.map(({ accepted, run }) => accepted - run)
  const floors = raw.flatMap((one) => one.floors ?? [])
  const of = (part: keyof Flow) => spread(ours.map((one) => one[part]))
  return {
    roundtrip_ms: compare(
      own,
      raw.map(({ all }) => all),
    ),
    beside_floors_ms: compare(own, floors),
    signals_lost: n - floors.length,
    stages_ms: Object.fromEntries(stages.map((stage) => [stage, of(stage)])),
    chain_length: await pair.lengths(),
  }
}
