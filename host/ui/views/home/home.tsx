/** Shows this machine and its network at a glance. */
import { View } from '../../parts/layout.tsx'
import { machine } from '../../state/machines.ts'
import { words } from '../../words/words.ts'
import { Alone } from './alone.tsx'
import './home.css'
import { Lately } from './lately.tsx'
import { OtherMachines } from './other-machines.tsx'
import { RunningNow } from './running-now.tsx'
import { ThisMachine } from './this-machine.tsx'
import { Today } from './today.tsx'
import { WaitingMachines } from './waiting-machines.tsx'
import { Wrong } from './wrong.tsx'

/** Shows the first view. */
export default function Home() {
  return (
    <View title={words.views.home ?? ''}>
      <Alone />
      <WaitingMachines />
      <div class="cards home">
        {machine.value && <ThisMachine here={machine.value} />}
        <Wrong />
        <OtherMachines />
        <RunningNow />
        <Today />
        <Lately />
      </div>
    </View>
  )
}
