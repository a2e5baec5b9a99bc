/** Shows the start and the end of the daemon and of the meeting point on the terminal. */
import { typedHere } from '../../operations/command-name.ts'
import { fields } from '../../operations/layout.ts'
import type { Ready } from '../../operations/local.ts'
import { type Presenter, present, type Screen } from '../../operations/present.ts'
import { down, relay, up } from '../../operations/process/shape.ts'
import { joinNotes } from '../../operations/text.ts'

/** The file in which systemd looks for the unit of a meeting point. */
const UNIT_FILE = '/etc/systemd/system/ripple-relay.service'

/** The presentations of the operations that start and stop processes. */
export const processPresenters: readonly Presenter[] = [
  present(up, {
    doing: 'starting the daemon',
    render: (ready, screen) => ({ lines: readyLines(ready, screen), notes: readyNotes(ready, screen) }),
  }),
  present(down, {
    doing: 'stopping the daemon',
    render: ({ pid }) => ({
      lines: [pid === null ? 'no daemon runs on this folder' : `daemon ${pid} has stopped`],
    }),
  }),
  present(relay, {
    render: ({ join, unit }, { command }) =>
      unit === null
        ? { lines: [typedHere(join ?? '', command())], notes: ['the meeting point runs until Ctrl-C'] }
        : { lines: unit.trimEnd().split('\n'), notes: [`put it into ${UNIT_FILE}`] },
  }),
]

function readyLines(ready: Ready, screen: Screen): string[] {
  return fields(
    [
      ['agent', ready.agent],
      ['network', networkText(ready)],
      ['data', ready.data],
      ['api', ready.api.url],
      ['token', ready.api.token_file],
      ['key for /v1', ready.api.key_file],
      ...(ready.api.ollama === null ? [] : [['ollama', ready.api.ollama] as const]),
    ],
    screen,
  )
}

function networkText({ network, local, server, joined }: Ready): string {
  const name = local === null ? network : `${network} '${local}'`
  const how = {
    named: name,
    last: `${name}, as in the last run (--local or --bootstrap for another)`,
    new: `${name}, the default one`,
  }
  return server === null ? how[joined] : `${how[joined]}: at ${server}`
}

function runningText({ same_network: sameNetwork, data }: Ready): string {
  if (sameNetwork === null) return '; other settings count from its next start'
  if (sameNetwork) return ', on the network of that URL: nothing is left to do'
  return `, on another network: to join that one, run 'ripple down --data ${data}', then this command again`
}

function readyNotes(ready: Ready, { command }: Screen): string[] {
  const { pid, join, data, already } = ready
  // A daemon in a process of its own does not receive Ctrl-C from the terminal.
  const stop = pid === process.pid ? 'Ctrl-C' : `'ripple down --data ${data}'`
  const before = already ? [`already running, pid ${pid}${runningText(ready)}`] : []
  return [...before, ...(join === null ? [] : joinNotes(typedHere(join, command()))), `stop it with ${stop}`]
}
