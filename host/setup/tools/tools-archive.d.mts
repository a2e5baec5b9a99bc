/** The archive's file name for this machine's platform. */
export const archiveName: string
/** The member that describes the others. */
export const MANIFEST: string
/** The format of the manifest. */
export const MANIFEST_FORMAT: number
