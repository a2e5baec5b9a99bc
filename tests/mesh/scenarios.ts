/** Runs the scenarios of the mesh by name. */
import { messageOf } from '../../host/errors/message-of.ts'
import type { Outcome } from './figure.ts'
import { freeze } from './freeze.ts'
import { idle } from './idle.ts'
import { join } from './join.ts'
import { kill } from './kill.ts'
import { nat } from './nat.ts'
import { partition } from './partition.ts'
import type { Run, Scenario } from './scenario.ts'
import { share } from './share-load.ts'
import { strangers } from './strangers.ts'

/** All of them, in the order in which they run. */
export const scenarios: readonly Scenario[] = [join, strangers, kill, partition, nat, idle, freeze, share]

/** Runs a scenario. One that could not go on has no figures, and its reason; the run's own end is passed on. */
export async function outcomeOf(scenario: Scenario, run: Run): Promise<Outcome> {
  run.say(`${scenario.name}: ${scenario.about}`)
  try {
    return { scenario: scenario.name, figures: await scenario.run(run), failed: null }
  } catch (thrown) {
    run.signal.throwIfAborted()
    return { scenario: scenario.name, figures: [], failed: messageOf(thrown) }
  }
}
