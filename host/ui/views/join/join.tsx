/** Shows the ways into networks: invites, known networks, members, and the examination by `doctor`. */
import { View } from '../../parts/layout.tsx'
import { hrefOf } from '../../state/route.ts'
import { words } from '../../words/words.ts'
import { WaitingMachines } from '../home/waiting-machines.tsx'
import type { ViewComponent } from '../views.ts'
import { AcceptedMachines } from './accepted-machines.tsx'
import { Doctor } from './doctor.tsx'
import { InviteMachine } from './invite-machine.tsx'
import './join.css'
import { JoinByLine } from './join-by-line.tsx'
import { MembersOrNone } from './members.tsx'
import { Networks } from './networks.tsx'

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
      {isDoctor ? (
        <Doctor key={route.options.with} other={route.options.with ?? null} />
      ) : (
        <>
          <WaitingMachines />
          <div class="join-cards">
            <InviteMachine />
            <JoinByLine />
          </div>
          <MembersOrNone />
          <AcceptedMachines />
          <Networks />
        </>
      )}
    </View>
  )
}

export default Join
