/** Shows the name of a machine, which its owner chose. */

import { short } from '../../format/sentence-parts.ts'
import { peers } from '../../state/machines.ts'

/** Shows the name in a sentence, apart from the direction of the text around it. */
export function Name({ agent }: { agent: string }) {
  return <bdi class="name">{peers.value.find((one) => one.agent === agent)?.name ?? short(agent)}</bdi>
}
