/**
 * Stands in for Helia's default libp2p node, which Helia imports even when it gets another one. That default brings WebRTC,
 * React Native and 800 other packages. Ripple composes Helia from `createHeliaLight` on the daemon's node. So this is the
 * only export that Helia's modules link against, and nothing may call it.
 */
export function withLibp2p() {
  throw new TypeError('Helia runs on the libp2p node of the daemon: use createHeliaLight')
}
