/** Shows the machines of the mesh where a Holochain launcher opened the page, and no daemon serves it. */
import { useSignal } from '@preact/signals'
import { useEffect } from 'preact/hooks'
import type { CardOf } from '../../../zomes-bindings/agent-registry.ts'
import { pageLimits } from '../../limits/page.ts'
import { troubleOf } from '../daemon/refusal.ts'
import { cut } from '../format/cut.ts'
import { several } from '../format/format.ts'
import { Hash } from '../parts/hash.tsx'
import { Card, Empty, Facts, View, Waiting } from '../parts/layout.tsx'
import { Age } from '../parts/moments.tsx'
import { Name } from '../parts/names.tsx'
import { Table } from '../parts/table.tsx'
import { TroubleView } from '../parts/trouble.tsx'
import { Brand } from '../shell/brand.tsx'
import { words } from '../words/words.ts'
import { type LauncherRegistry, openRegistry } from './registry.ts'

/** Characters that are shown of a machine's models and hardware, which its card names. */
const LIST_CHARS = 400

type State =
  | { readonly phase: 'opening' }
  | { readonly phase: 'failed'; readonly thrown: unknown }
  | { readonly phase: 'open'; readonly registry: LauncherRegistry; readonly cards: readonly CardOf[] }

/** Shows the mesh as the launcher's conductor knows it, and reads it again every `page_cards_ms`. */
export function Launcher() {
  const state = useSignal<State>({ phase: 'opening' })
  useEffect(() => {
    const stop = new AbortController()
    const follow = async (): Promise<void> => {
      const registry = await openRegistry()
      while (!stop.signal.aborted) {
        state.value = { phase: 'open', registry, cards: await registry.cards() }
        await new Promise((resolve) => setTimeout(resolve, pageLimits.page_cards_ms))
      }
    }
    follow().catch((thrown: unknown) => {
      state.value = { phase: 'failed', thrown }
    })
    return () => stop.abort()
  }, [])
  const text = words.launcher
  const now = state.value
  return (
    <div class="alone wide">
      <Brand />
      <main>
        <View title={text.title}>
          {now.phase === 'opening' && <Waiting text={text.opening} />}
          {now.phase === 'failed' && (
            <TroubleView
              trouble={{ ...troubleOf(now.thrown), hint: text.failedHint }}
              again={() => location.reload()}
            />
          )}
          {now.phase === 'open' && <Mesh {...now} />}
          <Card title={text.more}>
            <p>{text.needsDaemon}</p>
            <ul>
              {text.needs.map((what) => (
                <li key={what}>{what}</li>
              ))}
            </ul>
            <p class="hint">{text.start}</p>
            <pre>
              <code>{text.command}</code>
            </pre>
          </Card>
        </View>
      </main>
    </div>
  )
}

function Mesh({
  registry: { seed, agent },
  cards,
}: {
  registry: LauncherRegistry
  cards: readonly CardOf[]
}) {
  const text = words.launcher
  return (
    <Card title={text.machines}>
      <Facts
        facts={[
          [text.seed, seed === '' ? text.noSeed : <code>{seed}</code>],
          [text.own, <Hash key="own" hash={agent} />],
        ]}
      />
      {cards.length === 0 ? (
        <Empty>
          <p>{text.none}</p>
          <p>{text.noneHint}</p>
        </Empty>
      ) : (
        <Table
          label={text.machines}
          rows={cards}
          keyOf={(one) => one.agent}
          columns={[
            { head: text.name, cell: ({ card }) => <Name text={card.agent_name} /> },
            { head: text.hardware, cell: ({ card }) => <bdi>{cut(hardware(card), LIST_CHARS)}</bdi> },
            {
              head: text.models,
              cell: ({ card }) => (
                <bdi>
                  {cut(card.capabilities.inference.models_loaded.join(', '), LIST_CHARS) || words.parts.none}
                </bdi>
              ),
            },
            { head: text.written, cell: ({ at }) => <Age at={at} /> },
            { head: text.key, cell: (one) => <Hash hash={one.agent} /> },
          ]}
        />
      )}
    </Card>
  )
}

function hardware({ capabilities: { compute } }: CardOf['card']): string {
  const { cpu_cores, cpu_arch, ram_gb, gpus } = compute
  const cores = several(cpu_cores, words.launcher.core, words.launcher.cores)
  const all = gpus.map(({ model, vram_gb }) => `${model} ${vram_gb} GiB`)
  return [`${cores} ${cpu_arch}`, words.launcher.memory(ram_gb), ...all].join(', ')
}
