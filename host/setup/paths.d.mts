/** The project's folder. */
export const project: string
/** The user's cache: tools, models and build folders live here, outside the clone. */
export const cache: string
/** Where set-up installs the conductor and the bootstrap server. */
export const toolsBin: string
/** The Node that the project runs on, once `npm ci` has been done. */
export const ownNode: string
