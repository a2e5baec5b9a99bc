/** Defines the forms of the names and addresses that a machine starts with. */
import { z } from 'zod'
import { isPlain } from './text/plain-text.ts'

/** The longest name of a machine on its card, in bytes: a rule of the network. */
export const NAME_BYTES_MAX = 64

/** The name of a machine, as peers see it. */
export const machineName = z
  .string()
  .trim()
  .min(1)
  .refine((name) => Buffer.byteLength(name) <= NAME_BYTES_MAX, `longer than ${NAME_BYTES_MAX} bytes`)
  .refine(isPlain, 'has control characters, or marks that change the reading direction')

/** The name of a network. */
export const networkName = z.string().regex(/^[a-z][a-z0-9-]{0,31}$/, 'not a network name')

/** The name of a local network: the last part of its seed, and the fragment of a URL that joins it. */
export const localName = z
  .string()
  .regex(/^[A-Za-z0-9_-]{1,64}$/, "not a local network's name: up to 64 letters, digits, '-' and '_'")

/** Whether the port of an address is one. */
function hasPort(address: string): boolean {
  const port = Number(/[:/](\d+)(\/p2p\/\w+)?$/.exec(address)?.[1])
  return port >= 1 && port <= 65_535
}

/** The address of a machine's libp2p node: as `status` prints it, or its host and port. It becomes a multiaddr. */
export const peerAddress = z
  .string()
  .regex(
    /^(\d{1,3}(\.\d{1,3}){3}:\d{1,5}|\/ip[46]\/[0-9a-fA-F.:]+\/tcp\/\d{1,5}(\/p2p\/\w+)?)$/,
    'not an address such as 192.168.1.20:4001',
  )
  .refine(hasPort, 'its port is not between 1 and 65535')
  .transform((address) => address.replace(/^([\d.]+):(\d+)$/, '/ip4/$1/tcp/$2'))

/** The address of a server. */
export const httpUrl = z.url({ protocol: /^https?$/, error: 'not an http or https URL' })

/** A port to listen on; 0 takes any. */
export const port = z.number().int().min(0).max(65_535)
