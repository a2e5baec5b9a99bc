/** Compares a receipt with the events of its task on the network. */
import type { Summary } from '../../zomes-bindings/generated/receipt.ts'
import type { Dht } from '../dht/port.ts'
import type { Rules } from '../rules/rules.ts'
import { readPosterList } from './poster-list.ts'

/**
 * Returns the facts about a receipt's task that the network shows and the receipt cannot. There is one sentence for each
 * sibling, and one if another event is the poster's last. The list is empty if the receipt shows the whole list.
 */
export async function findSiblings(
  dht: Dht,
  rules: Rules,
  receipt: Summary,
  signal: AbortSignal,
): Promise<string[]> {
  if (!dht.dnaHashes.includes(receipt.dna))
    return [`the receipt is of ${receipt.dna}, another network or an epoch that is not open here any more`]
  const task = await dht.get(receipt.task, signal)
  if (task === null) return [`the task ${receipt.task} has not arrived here`]
  const events = [task, ...(await readPosterList(dht, receipt.poster, receipt.task, signal))]
  const found = rules.resolve(receipt.task, events)
  if (found === null) return [`${receipt.task} is not a task`]
  const shown = [receipt.task, ...receipt.grants, ...(receipt.close === null ? [] : [receipt.close])]
  const later = found.path.filter((hash) => !shown.includes(hash))
  const apart = shown.filter((hash) => !found.path.includes(hash))
  return [
    ...found.siblings.map(
      (hash) => `the poster contradicts itself: ${hash} names the same event before it as another`,
    ),
    ...later.map((hash) => `the poster's list also holds ${hash}, which the receipt does not`),
    ...apart.map((hash) => `${hash} of the receipt does not count in the poster's list as it is seen here`),
  ]
}
