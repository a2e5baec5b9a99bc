/** Picks the most likely cause among the findings of `doctor`, and says it in one sentence. */

import type { Finding } from '../types/finding.ts'
import { oneLine } from '../types/text/plain-text.ts'

/**
 * The checks whose findings can be a cause, causes before the symptoms that follow from them. A full disk, for example,
 * refuses writes and ends the conductor, and a wrong seed leads to another server.
 */
const CAUSES: readonly string[] = [
  'node',
  'config',
  'data folder',
  'hApp',
  'holochain',
  'kitsune2-bootstrap-srv',
  'disk',
  'keystore',
  'ports',
  'policies',
  'clock',
  'server clock',
  'clocks',
  'versions',
  'networks',
  'DNAs',
  'seeds',
  'membrane',
  'acceptance',
  'sleep',
  'proxies',
  'interfaces',
  'shared network',
  'relay',
  'answer',
  'TCP',
  'mdns',
  'mDNS between',
  'server',
  'servers',
  'UDP',
  'daemon',
  'conductor',
  'writes',
  'agents',
  'gossip',
  'peers',
  'ipfs',
]

/** Returns the finding that most likely causes the others; null if nothing keeps the machines from working. */
export function likelyCause(findings: readonly Finding[]): Finding | null {
  const bad = findings.filter(
    ({ name, level }) => level !== 'ok' && (level === 'fail' || CAUSES.includes(name)),
  )
  const rank = ({ name }: Finding): number => {
    const place = CAUSES.indexOf(name)
    return place < 0 ? CAUSES.length : place
  }
  const weight = (one: Finding): number => (one.level === 'fail' ? 0 : CAUSES.length + 1) + rank(one)
  return bad.toSorted((one, other) => weight(one) - weight(other))[0] ?? null
}

/** Says the cause as one sentence, or that there is none. `other` names the machine that this one was compared with. */
export function causeSentence(
  cause: Finding | null,
  findings: readonly Finding[],
  other: string | null,
): string {
  if (cause !== null) {
    const where = cause.of === null ? '' : `, on ${cause.of}`
    const fix = cause.fix === null ? '' : `; ${cause.fix}`
    return oneLine(`The most likely cause${where}: ${cause.detail}${fix}.`)
  }
  const advice = findings.filter(({ level }) => level !== 'ok').length
  const rest = advice === 0 ? '' : `; see the ${advice === 1 ? 'warning' : `${advice} warnings`} above`
  return oneLine(
    other === null
      ? `Nothing keeps this machine from working${rest}.`
      : `Nothing keeps this machine and ${other} from working together${rest}.`,
  )
}
