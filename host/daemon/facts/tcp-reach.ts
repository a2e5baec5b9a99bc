/** Tries whether a machine's addresses accept TCP connections. */
import { connect } from 'node:net'
import { networkInterfaces } from 'node:os'
import { limits } from '../../limits.ts'
import type { ReachFacts } from '../../types/machine-facts.ts'

type Tried = ReachFacts['tcp'][number]

/** Errors of a connection attempt to which no machine has answered, because no way leads to it. */
const UNROUTABLE: ReadonlySet<string> = new Set(['EHOSTUNREACH', 'ENETUNREACH', 'EADDRNOTAVAIL', 'EINVAL'])

/** Tries the addresses, which anyone may have written, at the same time. Those that are not plain IP and TCP are left out. */
export async function tryAddresses(addresses: readonly string[], signal: AbortSignal): Promise<Tried[]> {
  const places = [...new Set(addresses)].flatMap((address) => {
    const [whole, , host = '', port = ''] =
      /^\/ip([46])\/([0-9a-fA-F.:]+)\/tcp\/(\d{1,5})(?=\/|$)/.exec(address) ?? []
    const isPort = Number(port) > 0 && Number(port) <= 65_535
    return whole !== undefined && isPort ? [{ address: whole, host, port: Number(port) }] : []
  })
  return await Promise.all(
    ofOthers(places)
      .slice(0, limits.doctor_addresses_max)
      .map(async ({ address, host, port }) => ({
        address,
        result: await tryOne(host, port, signal),
      })),
  )
}

/**
 * Leaves out the addresses that are this machine's own, such as loopback and the bridge of containers: they say nothing of
 * another machine. A peer of the same machine has no others, and keeps them.
 */
export function ofOthers<T extends { readonly host: string }>(places: readonly T[]): readonly T[] {
  const own = new Set(
    Object.values(networkInterfaces()).flatMap((all) => (all ?? []).map(({ address }) => address)),
  )
  const others = places.filter(({ host }) => !own.has(host))
  return others.length > 0 ? others : places
}

async function tryOne(host: string, port: number, signal: AbortSignal): Promise<Tried['result']> {
  const { promise, resolve } = Promise.withResolvers<Tried['result']>()
  const until = AbortSignal.any([signal, AbortSignal.timeout(limits.doctor_tcp_ms)])
  const socket = connect({ host, port })
  socket.once('connect', () => resolve('open'))
  socket.once('error', ({ code = '' }: NodeJS.ErrnoException) =>
    resolve(code === 'ECONNREFUSED' ? 'refused' : UNROUTABLE.has(code) ? 'unroutable' : 'silent'),
  )
  until.addEventListener('abort', () => resolve('silent'), { once: true })
  try {
    return await promise
  } finally {
    socket.destroy()
  }
}
