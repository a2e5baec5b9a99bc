/** Sends and awaits the UDP packets of a comparison. */
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { limits } from '../../limits.ts'

/** A UDP port that waits for one token. */
export interface UdpEar extends Disposable {
  readonly port: number
  /** Resolves to whether the token has arrived, at the latest after `limits.doctor_udp_ms`. */
  heard(): Promise<boolean>
}

/** Opens a UDP port that waits for a token. Any other packet is ignored, and none is answered. */
export async function openUdpEar(token: Uint8Array): Promise<UdpEar> {
  const socket = createSocket('udp4')
  const arrived = Promise.withResolvers<true>()
  socket.on('error', () => {})
  socket.on('message', (packet) => {
    if (packet.equals(token)) arrived.resolve(true)
  })
  socket.bind(0, '0.0.0.0')
  await once(socket, 'listening')
  return {
    port: (socket.address() as AddressInfo).port,
    heard: () => Promise.race([arrived.promise, sleep(limits.doctor_udp_ms, false)]),
    [Symbol.dispose]: () => void socket.close(),
  }
}

/**
 * Sends a token to a port of several addresses, from a port of its own: a firewall would take packets from a port that has
 * been sent to for an answer. Returns whether there was an address to send to.
 */
export async function sendUdpToken(
  token: Uint8Array,
  hosts: readonly string[],
  port: number,
  signal: AbortSignal,
): Promise<boolean> {
  if (hosts.length === 0) return false
  const socket = createSocket('udp4')
  socket.on('error', () => {})
  try {
    for (let count = 0; count < limits.doctor_udp_packets && !signal.aborted; count += 1) {
      for (const host of hosts) socket.send(token, port, host, () => {})
      await sleep(limits.doctor_udp_ms / limits.doctor_udp_packets / 4)
    }
    return true
  } finally {
    socket.close()
  }
}
