/** Runs scenarios of the mesh with five real hosts on one switch. `npm run mesh` measures them; here no time counts. */
import { expect, test } from 'vitest'
import { namespaceProblem } from '../harness/namespaces.ts'
import { slow } from '../harness/slow.ts'
import { isKept } from '../mesh/figure.ts'
import { join } from '../mesh/join.ts'
import { kill } from '../mesh/kill.ts'
import { partition } from '../mesh/partition.ts'

const problem = namespaceProblem()
/** Time for one scenario on a busy machine, in milliseconds. */
const SCENARIO_MS = 900_000

test.skipIf(!slow || problem !== null).for([join, kill, partition])(
  `$about${problem ? ` (${problem})` : ''}`,
  { timeout: SCENARIO_MS },
  async (scenario, { annotate, signal }) => {
    const said: string[] = []
    const figures = await scenario.run({ full: false, say: (line) => said.push(line), signal })
    await annotate(said.join('\n'))
    // Seconds depend on what else runs: here they only have to come. Counts have to be right.
    const wrong = figures.filter((figure) =>
      figure.unit === 's' ? figure.values.includes(null) : !isKept(figure),
    )
    expect(wrong, said.join('\n')).toEqual([])
  },
)
