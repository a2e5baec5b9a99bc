/** Shows what this machine lends, what leaves it, its secrets, log, configuration and service. */
import './settings.css'
import { View } from '../../parts/layout.tsx'
import { useRead } from '../../state/operations.ts'
import { words } from '../../words/words.ts'
import { Configuration } from './configuration.tsx'
import { Lending } from './lending.tsx'
import { LogCard } from './log.tsx'
import { Privacy } from './privacy.tsx'
import { Secrets } from './secrets.tsx'
import { ServiceCard } from './service.tsx'

/** Shows the view. */
export default function Settings() {
  const configuration = useRead('config.show', {})
  return (
    <View title={words.settings.title}>
      <Lending file={configuration.value?.file ?? null} />
      <Privacy configuration={configuration} />
      <Secrets />
      <LogCard />
      <Configuration configuration={configuration} />
      <ServiceCard />
    </View>
  )
}
