/** Shows one policy with its conditions and its text. */
import { Hash } from '../../parts/hash.tsx'
import { Card, Facts, Loaded } from '../../parts/layout.tsx'
import { Table } from '../../parts/table.tsx'
import { useRead } from '../../state/operations.ts'
import { hrefOf } from '../../state/route.ts'
import { words } from '../../words/words.ts'
import type { Point } from './examples.ts'

const text = words.policies

/** Shows the policy of a point. */
export function OnePolicy({ name }: { name: Point }) {
  const read = useRead('policy.show', { name })
  return (
    <Card title={text.points[name] ?? name} actions={<a href={hrefOf('policies')}>{words.parts.close}</a>}>
      <p>{text.pointsAbout[name]}</p>
      <Loaded read={read}>
        {({ policy, rules, source }) => (
          <>
            <Facts
              facts={[
                [text.origin, text.origins[policy.origin]],
                [text.file, policy.file],
                [text.policyDigest, policy.digest && <Hash hash={policy.digest} />],
                [text.problem, policy.problem?.detail],
              ]}
            />
            <Table
              label={text.conditions}
              columns={[
                { head: text.refusesWith, cell: ({ code }) => <code>{code}</code> },
                { head: text.unless, cell: ({ says }) => says },
              ]}
              rows={rules}
              keyOf={({ code }) => code}
            />
            {source === null ? (
              <p class="hint">{text.noSource}</p>
            ) : (
              <details>
                <summary>{text.source}</summary>
                <p class="hint">{source.file}</p>
                <pre class="source">{source.text}</pre>
              </details>
            )}
          </>
        )}
      </Loaded>
    </Card>
  )
}
