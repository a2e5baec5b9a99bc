import type { Say } from './bench.ts'
import { measureBacklog } from './growth-backlog.ts'
import { measureChain } from './growth-chain.ts'
import { measureClosed } from './growth-closed.ts'

/** The axes of growth with their default ends. */
const axes = {
  chain: { measure: measureChain, otherwise: 1_500 },
  backlog: { measure: measureBacklog, otherwise: 450 },
  closed: { measure: measureClosed, otherwise: 200 },
} as const

/** Measures one axis at six points that span a factor of thirty and more. */
export async function measure(
  { axis, to, n }: { axis: string; to: number; n: number },
  say: Say,
): Promise<object> {
  const found = Object.entries(axes).find(([name]) => name === axis)?.[1]
  if (!found) throw new TypeError(`there is no axis '${axis}'`)
  return found.measure({ to: to || found.otherwise, n }, say)
}
