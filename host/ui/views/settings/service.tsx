/** Shows whether the daemon runs as a service of this user. */
import { Copy } from '../../parts/hash.tsx'
import { Card, Empty, Facts, Loaded, State } from '../../parts/layout.tsx'
import { useRead } from '../../state/operations.ts'
import { words } from '../../words/words.ts'

const text = words.settings.service

/** Shows the card. */
export function ServiceCard() {
  const read = useRead('service.status', {})
  return (
    <Card title={text.title}>
      <Loaded read={read}>
        {({ installed, active, enabled, pid, lingers, file }) =>
          installed ? (
            <Facts
              facts={[
                [
                  text.state,
                  <State key="state" tone={active === 'active' ? 'good' : 'warn'}>
                    {active}
                  </State>,
                ],
                [text.starts, enabled ? text.withSession : text.byHand],
                [text.loggedOut, lingers === null ? words.parts.unknown : lingers ? text.goesOn : text.ends],
                [text.pid, pid === null ? words.parts.none : String(pid)],
                [text.file, file],
              ]}
            />
          ) : (
            <Empty>
              <p>{text.none}</p>
              <p>
                {text.next} <code>{text.command}</code> <Copy text={text.command} />
              </p>
            </Empty>
          )
        }
      </Loaded>
    </Card>
  )
}
