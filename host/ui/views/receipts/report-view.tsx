/** Shows the result of a verification at three depths: a sentence, what is shown and what is not, all signed entries. */
import type { Report } from '../../../../zomes-bindings/generated/receipt.ts'
import { Sentence } from '../../parts/hash.tsx'
import { Card } from '../../parts/layout.tsx'
import { When } from '../../parts/moments.tsx'
import { Machine, Name } from '../../parts/names.tsx'
import { words } from '../../words/words.ts'
import { EntryList } from './entry-list.tsx'
import { NetworkFindings } from './network-findings.tsx'
import type { Opened } from './opened.ts'
import { Saves } from './saves.tsx'

/** Shows a verified receipt. A receipt that does not hold shows only the reason. */
export function ReportView({ opened }: { opened: Opened }) {
  const { report, entries, bytes } = opened
  const { receipts } = words
  if (!report.ok) return <Refused report={report} />
  return (
    <>
      <section class="card">
        <Verdict report={report} />
        <Saves opened={opened} />
      </section>
      <div class="cards wide-cards">
        <Card title={receipts.shown}>
          <Lines lines={report.shown} class="shows" />
        </Card>
        <Card title={receipts.notShown}>
          <Lines lines={report.not_shown} class="lacks" />
        </Card>
      </div>
      <NetworkFindings bytes={bytes} />
      <Contents report={report} />
      <EntryList entries={entries} />
    </>
  )
}

function Refused({ report: { problem } }: { report: Report }) {
  const { receipts } = words
  return (
    <section class="card" role="alert">
      <p class="verdict bad">{receipts.refused}</p>
      {problem && (
        <dl class="facts">
          <div class="wide">
            <dt>{receipts.problem}</dt>
            <dd>
              <Sentence text={problem.text} /> <code>{problem.code}</code>
            </dd>
          </div>
          <div class="wide">
            <dt>{receipts.problemWhere}</dt>
            <dd>
              <code>{problem.where}</code>
            </dd>
          </div>
        </dl>
      )}
      <p class="hint">{receipts.refusedHint}</p>
    </section>
  )
}

function Verdict({ report: { summary, one_sided } }: { report: Report }) {
  const { receipts } = words
  return (
    <div role="status">
      <p class="verdict good">{receipts.holds}</p>
      {summary && (
        <p>
          <Machine agent={summary.poster} /> {receipts.asked} (<When at={summary.created_at} />
          ), <Machine agent={summary.worker} /> {receipts.answered}
          {summary.work.type === 'model' && <ModelName name={summary.work.name} />}
          {one_sided ? receipts.notAccepted : receipts.accepted}
        </p>
      )}
      {one_sided && <p class="hint">{receipts.oneSided}</p>}
      {summary?.self_made && <p class="hint">{receipts.selfMade}</p>}
    </div>
  )
}

function ModelName({ name }: { name: string }) {
  return (
    <>
      {words.receipts.with}
      <Name text={name} />
    </>
  )
}

function Lines({ lines, class: name }: { lines: readonly string[]; class: string }) {
  return (
    <ul class={`receipt-findings ${name}`}>
      {lines.map((line) => (
        <li key={line}>
          <Sentence text={line} />
        </li>
      ))}
    </ul>
  )
}

function Contents({ report: { summary } }: { report: Report }) {
  const { receipts } = words
  const prompt = summary?.prompt ?? null
  const answer = summary?.answer ?? null
  return (
    <Card title={receipts.contents}>
      {prompt === null && answer === null && <p class="hint">{receipts.nothingRevealed}</p>}
      {prompt !== null && <Revealed title={receipts.prompt} text={prompt} />}
      {answer !== null && <Revealed title={receipts.answer} text={answer} />}
    </Card>
  )
}

function Revealed({ title, text }: { title: string; text: string }) {
  return (
    <>
      <h3>{title}</h3>
      <p class="said" dir="auto">
        {text.trimEnd()}
      </p>
    </>
  )
}
