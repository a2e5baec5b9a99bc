/** Shows the policies: what was refused and why, the rules, the providers and the keys of programs. */
import './policies.css'
import { View } from '../../parts/layout.tsx'
import { useRead } from '../../state/operations.ts'
import type { Route } from '../../state/route.ts'
import { words } from '../../words/words.ts'
import { Audit } from './audit.tsx'
import { Keys } from './keys.tsx'
import { OnePolicy } from './one-policy.tsx'
import { PolicyTable } from './policy-table.tsx'
import { ProvidersCard } from './providers.tsx'
import { useRules } from './reasons.tsx'
import { TryPolicy } from './try-policy.tsx'

/** Shows the view; the rest of its address names one policy. */
export default function Policies({ route }: { route: Route }) {
  const list = useRead('policy.list', {}, ['policy'])
  const rules = useRules()
  const name = list.value?.policies.find((one) => one.name === route.rest[0])?.name
  return (
    <View title={words.policies.title}>
      {name !== undefined && <OnePolicy name={name} />}
      <Audit options={route.options} rules={rules} />
      <TryPolicy rules={rules} />
      <PolicyTable list={list} />
      <div class="cards broad">
        <ProvidersCard />
        <Keys />
      </div>
    </View>
  )
}
