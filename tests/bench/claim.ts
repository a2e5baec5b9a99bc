import { compare, inTurns } from './compare.ts'
import { openPair } from './pair.ts'
import { rawClaim } from './raw-flow.ts'

/**
 * Measures from the offer until the grant stands, compared with one remote call and one write. Contenders are peers
 * that could all run the task: the poster ranks them and offers it to one after the other, so more of them cost
 * ranking and no claims.
 */
export async function measure({ n, contenders }: { n: number; contenders: number }): Promise<object> {
  await using pair = await openPair(contenders)
  const { poster, worker } = pair.raw
  const [ours, raw]: [number[], number[]] = [[], []]
  await rawClaim(poster, worker)
  await inTurns(
    n,
    async () => void ours.push((await pair.flow()).claim),
    async () => void raw.push(await rawClaim(poster, worker)),
  )
  return { contenders, claim_ms: compare(ours, raw), chain_length: await pair.lengths() }
}
