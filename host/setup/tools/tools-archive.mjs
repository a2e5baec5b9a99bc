// Names the parts of the archive by which one machine gives its conductor and bootstrap server to another.
import { arch, platform } from 'node:os'
import { versions } from '../versions.mjs'

/** The archive's file name for this machine's platform. */
export const archiveName = `ripple-tools-${versions.holochain}-${platform()}-${arch()}.tar.gz`

/** The member that describes the others: the platform, and the version and sha256 of each program. */
export const MANIFEST = 'manifest.json'

/** The format of the manifest. */
export const MANIFEST_FORMAT = 1
