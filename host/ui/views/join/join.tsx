/** Shows the ways into networks: invites, known networks, members, and the examination by `doctor`. */
import { View } from '../../parts/layout.tsx'
import { useRead } from '../../state/operations.ts'
import { hrefOf } from '../../state/route.ts'
import { words } from '../../words/words.ts'
import { WaitingMachines } from '../home/waiting-machines.tsx'
import type { ViewComponent } from '../views.ts'
import { AcceptedMachines } from './accepted-machines.tsx'
import { Doctor } from './doctor.tsx'
import { InviteMachine } from './invite-machine.tsx'
import './join.css'
import { JoinByLine } from './join-by-line.tsx'
import { Members } from './members.tsx'
import { Networks } from './networks.tsx'
import { ownNetwork } from './own-network.ts'

/** Shows the view. Its second part is `doctor`. */
const Join: ViewComponent = ({ route }) => {
  const isDoctor = route.rest[0] === 'doctor'
  return (
    <View title={words.views.join ?? ''}>
      <nav class="sections" aria-label={words.join.sections}>
        <a href={hrefOf('join')} aria-current={isDoctor ? undefined : 'page'}>
          {words.join.people}
        </a>
        <a href={hrefOf('join', ['doctor'])} aria-current={isDoctor ? 'page' : undefined}>
          {words.join.doctor}
        </a>
      </nav>
      {isDoctor ? <Doctor key={route.options.with} other={route.options.with ?? null} /> : <People />}
    </View>
  )
}

function People() {
  const known = useRead('network.ls', {}, ['health'])
  const own = ownNetwork(known.value)
  const [isFounder, isDelegate] = [own?.role === 'founder', own?.role === 'delegate']
  return (
    <>
      <WaitingMachines />
      <div class="join-cards">
        <InviteMachine isFounder={isFounder} />
        <JoinByLine />
      </div>
      {own?.private && <Members mayRevoke={isFounder || isDelegate} />}
      <AcceptedMachines />
      <Networks known={known} />
    </>
  )
}

export default Join
