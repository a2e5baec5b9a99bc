// A conductor without a daemon: run inside a machine, with a `RawHost` as its only word. It ends with its input.
import { readNetwork, resolveNetwork } from '../../host/config/network.ts'
import { openForwarder } from '../../host/processes/forwarder.ts'
import { rawConductor } from '../bench/raw-conductor.ts'

/** The place of a raw conductor. */
export interface RawHost {
  /** A data folder in which a daemon has installed the hApp. */
  readonly data: string
  /** The bootstrap server. */
  readonly url: string
}

const { data, url } = JSON.parse(process.argv[2] ?? '{}') as RawHost
const choice = { bootstrap: url, localName: 'home' }
const network = resolveNetwork(readNetwork('local'), choice)
await using _forwarder = await openForwarder({
  seed: network.seed,
  port: network.forwardPort,
  target: network.bootstrapUrl,
})
await using _conductor = await rawConductor(data, { network })
process.stdout.write('ready\n')
await new Promise((ended) => process.stdin.resume().once('end', ended))
