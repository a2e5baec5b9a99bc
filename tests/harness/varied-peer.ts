/** A host of a mesh whose daemon is started again whenever a test wants it otherwise. */
import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import type { Ready } from '../../host/operations/local.ts'
import { send } from '../../host/processes/left-over.ts'
import type { Host } from '../mesh/host.ts'
import { type Conclusion, doctorCode, doctorSays } from './doctor-says.ts'
import { type Machine, type Running, running } from './peer.ts'
import { warmData } from './warm-data.ts'

/** How a daemon runs. */
export interface Variant {
  readonly env?: Readonly<Record<string, string>>
  /** Words of `ripple up`; the network `home` without a server if left out. */
  readonly words?: readonly string[]
  /** The name of a data folder of its own; the host's if left out. */
  readonly data?: string
  /** The folder of another release. */
  readonly release?: string
}

/** The host, and its daemon that runs now. */
export class VariedPeer implements AsyncDisposable {
  readonly host: Host
  #variant: Variant = {}
  #daemon: Running<Ready> | null = null

  constructor(host: Host) {
    this.host = host
  }

  get name(): string {
    return this.host.name
  }

  /** Starts the daemon like this; one that runs so already stays. */
  async be(variant: Variant = {}): Promise<void> {
    if (this.#daemon !== null && JSON.stringify(variant) === JSON.stringify(this.#variant)) return
    await this.stop()
    this.#variant = variant
    const { words = ['--local', 'home'], data } = variant
    if (data !== undefined) await warmData(this.host.place.home, data)
    this.#daemon = await running<Ready>(this.#machine(), 'up', ...words, ...this.#at())
  }

  /** Ends the daemon as Ctrl-C does. */
  async stop(): Promise<void> {
    const daemon = this.#daemon
    this.#daemon = null
    await daemon?.end('SIGINT')
  }

  /** Returns what doctor says here. */
  says(...words: string[]): Promise<Conclusion> {
    return doctorSays(this.#machine(), ...words, ...this.#at())
  }

  /** Returns what doctor says here of another machine, by the code that is printed there. */
  async saysOf(other: VariedPeer): Promise<Conclusion> {
    return this.says('--with', await other.code())
  }

  code(): Promise<string> {
    return doctorCode(this.#machine(), ...this.#at())
  }

  /** Whether this host sees another one online, with acceptance on both sides. */
  async sees({ name }: VariedPeer): Promise<boolean> {
    const rows = await this.host.peers()
    return rows.some((row) => row.name === name && row.state === 'online' && !row.waiting)
  }

  /** Runs a program on the host. */
  on(...words: string[]): void {
    const [program = '', ...rest] = [...this.host.machine.prefix, ...words]
    execFileSync(program, rest)
  }

  /** Stops all of its processes, or lets them go on; its cable stays in. */
  halt(on: boolean): void {
    for (const { pid } of this.host.processes()) send(pid, on ? 'SIGSTOP' : 'SIGCONT')
  }

  /** Drops packets that come in, until the result is disposed. */
  drop(rule: string): Disposable {
    this.on('nft', 'add table inet sick')
    this.on('nft', 'add chain inet sick input { type filter hook input priority 0 ; }')
    this.on('nft', `add rule inet sick input ${rule} drop`)
    return { [Symbol.dispose]: () => this.on('nft', 'delete table inet sick') }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop()
  }

  #at(): string[] {
    const { data } = this.#variant
    return data === undefined ? [] : ['--data', join(this.host.place.home, data)]
  }

  #machine(): Machine {
    const { env, release } = this.#variant
    const { machine } = this.host
    return { ...machine, env: { ...machine.env, ...env }, ...(release && { release }) }
  }
}
