/** The project's folder. */
export const project: string
/** The user's cache: tools, models and build folders, outside the clone. */
export const cache: string
/** The download folder of cargo. */
export const cargoHome: string
/** The download folder of npm. */
export const npmCache: string
/** Returns the build folder of a program. */
export function buildFolder(program: string): string
/** The folder into which set-up installs the conductor and the bootstrap server. */
export const toolsBin: string
/** The Node that the project runs on, once `npm ci` has run. */
export const ownNode: string
