import { create } from 'ipfs-core'
import { HttpApi } from 'ipfs-http-server'

/**
 * js-ipfs with Kubo's HTTP RPC API on a free port of loopback. Its repository is the folder named by the first
 * argument; the parent hears the address over the channel of `fork`, and ends the process by closing it.
 */
const repo = process.argv[2]
const ipfs = await create({
  repo,
  silent: true,
  config: {
    Addresses: { Swarm: ['/ip4/127.0.0.1/tcp/0'], API: '/ip4/127.0.0.1/tcp/0', Gateway: [], Delegates: [] },
    Bootstrap: [],
    Discovery: { MDNS: { Enabled: false }, webRTCStar: { Enabled: false } },
  },
})
const api = new HttpApi(ipfs)
await api.start()
process.on('disconnect', () => process.exit(0))
process.send({ url: api._apiServers[0].info.uri })
