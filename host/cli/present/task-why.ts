/** Shows on the terminal why a task is in its state. */
import type { WhyView } from '../../operations/context.ts'
import { table } from '../../operations/layout.ts'
import { present, type Screen } from '../../operations/present.ts'
import { taskWhy } from '../../operations/task/shape.ts'
import { attemptLines, clock, endingText, peerName, peerReason, short } from '../../operations/text.ts'

/** The presentation of `task why`. */
export const whyPresenter = present(taskWhy, {
  render: (why, screen) => ({
    lines: [
      headLine(why),
      ...nowLines(why),
      ...why.waits_for.map((task) => `it waits for ${task}`),
      ...attemptLines(why, (agent) => nameOf(why, agent)),
      ...(why.peers.length === 0 ? [] : peerLines(why, screen)),
      ...(why.decisions.length === 0 ? [] : decisionLines(why, screen)),
    ],
  }),
})

function headLine({ id, state, ended, attempts }: WhyView): string {
  if (state === null) return `${id} is not a task that this machine has posted`
  return `${id} is ${state}${ended === null ? '' : `: ${endingText(ended, attempts)}`}`
}

function nowLines({ now, peers }: WhyView): string[] {
  // Each of those tasks has a line of its own.
  if (now === null || now.on === 'tasks') return []
  const peer = now.peer === null ? 'nobody' : nameOf({ peers }, now.peer)
  const until = now.until === null ? '' : ` until ${clock(now.until)}`
  const again = now.until === null ? '' : ` again at ${clock(now.until)}`
  const text: Record<typeof now.on, string> = {
    close: 'its Close to be written',
    worker: `its worker, ${peer}, which has the task${until}${dueText(now)}`,
    check: `the result of ${peer}, which is being checked or on its way${until}${dueText(now)}`,
    stand_in: `a peer that runs it while its poster is away, or may have${until}`,
    brake: `peers that fell silent all at once${until}: it is likely this machine that is cut off`,
    grant: `its Grant to ${peer} to be written`,
    answer: `the answer of ${peer}${until}`,
    busy: `a place: every peer that can run it is busy or has just lost it; one is asked${again}`,
    round: `a taker: every peer that can run it was asked, and is asked${again}`,
    others: `another machine${until}; this one can run it and is asked then`,
    nobody: 'a machine: no peer can be asked now',
  }
  return [`it waits for ${text[now.on]}`]
}

/** Describes the phase of the current attempt and its next deadline. */
function dueText({ due }: NonNullable<WhyView['now']>): string {
  if (due === null) return ''
  const renewal = due.renewed_by === null ? '' : `, renewed by ${due.renewed_by}`
  return ` (${due.phase}; ${due.limit}${renewal})`
}

function nameOf({ peers }: Pick<WhyView, 'peers'>, agent: string): string {
  return peers.find(({ peer }) => peer === agent)?.name ?? short(agent)
}

/** Lists the decisions of this machine's own policies; a peer's refusal is in that peer's answer. */
function decisionLines({ decisions }: WhyView, screen: Screen): string[] {
  return table(
    [
      { head: 'DECIDED AT', drop: 3 },
      'POINT',
      'DECISION',
      { head: 'RULE', least: 8, drop: 2 },
      { head: 'REASONS', least: 8, drop: 1 },
      { head: 'POLICY', least: 8, drop: 4 },
    ],
    decisions.map(({ at, point, allow, rule, reasons, policy: { name, digest } }) => [
      clock(at),
      point,
      allow ? 'allowed' : 'refused',
      rule,
      reasons.join(',') || '-',
      digest === null ? name : `${name} ${digest.slice(0, 12)}`,
    ]),
    screen,
  )
}

/** Formats a peer's answer. A refusing policy is named by the beginning of its digest, as `policy list` shows it. */
function answerText(answered: WhyView['peers'][number]['answered']): string {
  if (answered === null) return '-'
  const { code, policy_hash } = answered
  return policy_hash === null ? code : `${code} (policy ${policy_hash.slice(0, 12)})`
}

function peerLines({ peers }: WhyView, screen: Screen): string[] {
  return table(
    [
      { head: 'PEER', least: 12, id: true, drop: 4 },
      { head: 'NAME', least: 6 },
      { head: 'RANK', drop: 3 },
      { head: 'REFUSES', least: 8, drop: 2 },
      { head: 'LAST ANSWER', least: 8, drop: 1 },
      { head: 'WHY', wrap: true },
    ],
    peers.map((peer) => [
      short(peer.peer),
      peerName(peer),
      peer.rank === null ? '-' : String(peer.rank + 1),
      peer.codes.join(',') || '-',
      answerText(peer.answered),
      peerReason(peer),
    ]),
    screen,
  )
}
