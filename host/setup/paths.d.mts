/** The project's folder. */
export const project: string
/** The user's cache: tools, models and build folders live here, outside the clone. */
export const cache: string
/** Where cargo keeps what it has fetched. */
export const cargoHome: string
/** Where npm keeps what it has fetched. */
export const npmCache: string
/** Where a program is compiled. */
export function buildFolder(program: string): string
/** Where set-up installs the conductor and the bootstrap server. */
export const toolsBin: string
/** The Node that the project runs on, once `npm ci` has been done. */
export const ownNode: string
