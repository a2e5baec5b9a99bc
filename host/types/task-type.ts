import { z } from 'zod'

/** What kind of task a prompt is, which says how answers are compared. */
export const taskTypes = ['code_generation', 'reasoning', 'general', 'review'] as const

/** A kind of task. */
export const taskType = z.enum(taskTypes)

/** A kind of task. */
export type TaskType = (typeof taskTypes)[number]
