/** Returns the sha256 of a file, in hexadecimal digits. */
export function sha256Of(file: string): Promise<string>
