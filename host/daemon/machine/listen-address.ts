/** Reads the address on which a bootstrap server listens: an address of this machine, and a port. */
import { isIP } from 'node:net'
import { networkInterfaces } from 'node:os'
import { RippleError } from '../../errors/ripple-error.ts'

/** An address to listen on and its port. */
export interface ListenAddress {
  /** The server's argument: `address:port`, IPv6 in brackets. */
  readonly listen: string
  readonly host: string
  readonly port: number
}

/** Addresses that mean all addresses of a machine. */
const everywhere = ['0.0.0.0', '::']

/** Reads `IP:PORT`. Throws `RIPPLE_LISTEN_ADDRESS`, which lists the addresses that this machine has. */
export function readListenAddress(text: string, interfaces = networkInterfaces()): ListenAddress {
  const own = Object.values(interfaces).flatMap((some) => some ?? [])
  const usable = own
    .filter(({ address }) => !address.startsWith('fe80:'))
    .map(({ address, family }) => (family === 'IPv6' ? `[${address}]` : address))
  const refuse = (detail: string) =>
    new RippleError('RIPPLE_LISTEN_ADDRESS', { listen: text, detail, addresses: usable.join(', ') })
  const [, bracketed, plain, digits = ''] = /^(?:\[([^\]]*)\]|([^:]*)):(\d+)$/.exec(text) ?? []
  const host = (bracketed ?? plain ?? '').replace(/^localhost$/, '127.0.0.1')
  const port = Number(digits)
  if (digits === '') throw refuse('it is not IP:PORT, such as 192.168.1.20:41000')
  if (port > 65_535) throw refuse('a port is at most 65535')
  const family = isIP(host)
  if (family === 0 || (family === 6) !== (bracketed !== undefined))
    throw refuse('it does not begin with an IP address; write IPv6 in brackets')
  const loopback = family === 4 && host.startsWith('127.')
  if (!everywhere.includes(host) && !loopback && !own.some(({ address }) => isSame(address, host)))
    throw refuse('it is not an address of this machine')
  return { listen: `${family === 6 ? `[${host}]` : host}:${port}`, host, port }
}

/** Whether two texts are the same address; IPv6 has many forms of one. */
function isSame(one: string, other: string): boolean {
  const canonical = (address: string) =>
    isIP(address) === 6 ? new URL(`http://[${address}]/`).hostname : address
  return canonical(one) === canonical(other)
}
