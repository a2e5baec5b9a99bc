/** Names the folders and files of a user. */
import { join } from 'node:path'
import type { Env } from './env.ts'

/** The locations of a user's Ripple files: XDG folders on Linux, their counterparts on macOS. */
export interface UserPaths {
  /** The configuration file. It may be missing. */
  readonly configFile: string
  /** The default data folder. */
  readonly data: string
  /** Models and built tools, shared by all data folders. */
  readonly cache: string
  /**
   * The chain heads of this user's keys. They lie outside of the data folders, so that an old copy of one brings no old
   * heads.
   */
  readonly heads: string
}

/** Returns the user's folders on this platform. XDG variables win on macOS too, if they are set. */
export function userPaths(env: Env, platform: NodeJS.Platform): UserPaths {
  const library = join(env.home, 'Library')
  const mac = platform === 'darwin'
  const support = join(library, 'Application Support')
  const config = env.xdg.config ?? (mac ? support : join(env.home, '.config'))
  const data = env.xdg.data ?? (mac ? support : join(env.home, '.local', 'share'))
  const cache = env.xdg.cache ?? (mac ? join(library, 'Caches') : join(env.home, '.cache'))
  // macOS has no folder for this purpose.
  const state = env.xdg.state ?? join(env.home, '.local', 'state')
  return {
    configFile: join(config, 'ripple', 'config.yaml'),
    data: join(data, 'ripple'),
    cache: join(cache, 'ripple'),
    heads: join(state, 'ripple', 'heads'),
  }
}

/** Returns the default folder of the peers of `npm start`, each in a folder of its name. */
export function startFolder(data: string): string {
  return join(data, 'start')
}

/** The name of the peer that `npm start` uses for asks. */
export const STARTED_POSTER = 'poster'

/** The files of one data folder. */
export interface DataPaths {
  readonly root: string
  readonly conductor: string
  /** The conductor's configuration, which holds the secret origin of its admin interface. */
  readonly conductorConfig: string
  readonly ipfs: string
  readonly receipts: string
  /** The archives of epochs that this machine has left. */
  readonly archive: string
  /** Records of questions to several models, measurements and score cards. */
  readonly ensemble: string
  /** The owner's chats. */
  readonly chats: string
  readonly logs: string
  /** The record of the policies' decisions. */
  readonly audit: string
  /** The owner's own policies, in place of the shipped ones. */
  readonly policies: string
  readonly journal: string
  readonly passphrase: string
  readonly signing: string
  /** The folder of secrets, each in one sealed file. */
  readonly secrets: string
  readonly peerKey: string
  readonly apiFile: string
  /** The token for all of the API. */
  readonly apiToken: string
  /** The key for OpenAI's endpoints alone, for other programs. */
  readonly openaiKey: string
  /** The keys of other programs, each as its digest. */
  readonly keys: string
  /** The file that names the folder's network. */
  readonly network: string
  /** The network of the last run, with its URL, and this machine's name there. */
  readonly lastNetwork: string
  /** The private networks that this machine knows, a file each. */
  readonly privateNetworks: string
  /** The addresses and network names of the bootstrap servers that ran on this folder. */
  readonly bootstrap: string
  /** The daemon's log. */
  readonly log: string
}

/** Returns the paths of a data folder's files, and touches none of them. */
export function dataPaths(root: string): DataPaths {
  const at = (...parts: string[]): string => join(root, ...parts)
  return {
    root,
    conductor: at('conductor'),
    conductorConfig: at('conductor', 'conductor.yaml'),
    ipfs: at('ipfs'),
    receipts: at('receipts'),
    archive: at('archive'),
    ensemble: at('ensemble'),
    chats: at('chats.sqlite'),
    logs: at('logs'),
    audit: at('audit'),
    policies: at('policies'),
    journal: at('journal.sqlite'),
    passphrase: at('passphrase'),
    signing: at('signing.json'),
    secrets: at('secrets'),
    peerKey: at('peer.key'),
    apiFile: at('api.json'),
    apiToken: at('api.token'),
    openaiKey: at('openai.key'),
    keys: at('keys.json'),
    network: at('network'),
    lastNetwork: at('last-network.json'),
    privateNetworks: at('private'),
    bootstrap: at('bootstrap.json'),
    log: at('logs', 'ripple.log'),
  }
}
