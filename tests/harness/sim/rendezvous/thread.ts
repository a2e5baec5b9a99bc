import { parentPort } from 'node:worker_threads'
import { type RendezvousOutcome, simulateRendezvous } from './simulate.ts'
import { hostsOf, type RendezvousBatch, type RendezvousTally, rendezvousWork } from './tally.ts'

parentPort?.on('message', async ({ first, count, hosts }: RendezvousBatch) => {
  let sum = rendezvousWork.empty
  for (let seed = first; seed < first + count; seed++) {
    const outcome = await simulateRendezvous(seed, { hosts: hostsOf(seed, hosts) })
    sum = rendezvousWork.added(sum, tallied(outcome))
  }
  parentPort?.postMessage(sum)
})

function tallied(outcome: RendezvousOutcome): RendezvousTally {
  const { seed, violations, death, takenOverMs } = outcome
  return {
    seeds: 1,
    hosts: outcome.hosts,
    simulated_ms: outcome.simulated_ms,
    messages: outcome.messages,
    healed_ms: [outcome.healedMs],
    taken_over_ms: death === null ? {} : { [death]: [takenOverMs] },
    failures: violations.length > 0 ? [{ seed, violations }] : [],
  }
}
