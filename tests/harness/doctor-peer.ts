// A program that is one machine of a comparison. Each line that it reads is an order, and each that it writes an answer.
import { createInterface } from 'node:readline'
import { checkMachine } from '../../host/doctor/check-machine.ts'
import { checkPair } from '../../host/doctor/check-pair.ts'
import { writeFactsCode } from '../../host/doctor/facts-code.ts'
import { causeSentence, likelyCause } from '../../host/doctor/likely-cause.ts'
import { doctorMachine } from './doctor-machine.ts'

const [folder = '', name = '', bootstrapUrl = '', mdns = ''] = process.argv.slice(2)
const never = new AbortController().signal
const machine = await doctorMachine({
  ...{ folder, name, mdns },
  bootstrapUrl: bootstrapUrl || null,
  listen: ['/ip4/0.0.0.0/tcp/0'],
  messages: {
    send: async () => {
      throw new TypeError('no conductor passes anything on')
    },
    onMessage: () => () => {},
  },
})
const say = (answer: unknown) => process.stdout.write(`${JSON.stringify(answer)}\n`)
say({ peerId: machine.node.peerId, addresses: machine.node.addresses() })

for await (const line of createInterface({ input: process.stdin })) {
  const order = JSON.parse(line)
  if (order.meet) machine.meet(order.meet, order.at, order.ago)
  if (order.code) say(writeFactsCode(await machine.service.facts(never)))
  if (order.compare) {
    const { here, pair } = await machine.service.compare(order.compare, never)
    const findings = [
      ...checkMachine(here),
      ...checkPair(here, pair),
      ...(pair.there ? checkMachine(pair.there, pair.name) : []),
    ]
    const cause = likelyCause(findings)
    say({ way: pair.way, cause: cause?.name ?? null, sentence: causeSentence(cause, findings, pair.name) })
  }
}
await machine[Symbol.asyncDispose]()
