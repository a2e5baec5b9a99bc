/**
 * Helia imports its default libp2p node even when it is handed one, and with it WebRTC, React Native and 800 other
 * packages. Ripple composes Helia from `createHeliaLight` on the daemon's node, so the only export that Helia's
 * modules link against is this one, and nothing may call it.
 */
export function withLibp2p() {
  throw new TypeError('Helia runs on the libp2p node of the daemon: use createHeliaLight')
}
