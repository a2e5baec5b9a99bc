import { compare, inTurns } from './compare.ts'
import { openPair } from './pair.ts'
import { rawClaim } from './raw-flow.ts'

/** From the offer until the Grant stands, beside one remote call and one write. */
export async function measure({ n }: { n: number }): Promise<object> {
  await using pair = await openPair()
  const { poster, worker } = pair.raw
  const [ours, raw]: [number[], number[]] = [[], []]
  await rawClaim(poster, worker)
  await inTurns(
    n,
    async () => void ours.push((await pair.flow()).claim),
    async () => void raw.push(await rawClaim(poster, worker)),
  )
  return { claim_ms: compare(ours, raw), chain_length: await pair.lengths() }
}
