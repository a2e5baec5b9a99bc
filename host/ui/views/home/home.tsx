/** Shows this machine and its network at a glance. */
import { View } from '../../parts/layout.tsx'
import { words } from '../../words/words.ts'
import { WaitingMachines } from './waiting-machines.tsx'

/** Shows the first view. */
export default function Home() {
  return (
    <View title={words.views.home ?? ''}>
      <WaitingMachines />
    </View>
  )
}
