/** Names what gives a setting its value. */

/** The origins of a setting's value, from the one that wins. */
export const settingOrigins = ['command line', 'environment', 'file', 'last run', 'default'] as const

/** The origin of a setting's value. */
export type SettingOrigin = (typeof settingOrigins)[number]
