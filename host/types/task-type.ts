/** Names the kinds of task. */
import { z } from 'zod'

/** The kinds of task. The kind decides how answers are compared. */
export const taskTypes = ['code_generation', 'reasoning', 'general', 'review'] as const

/** The schema of a kind of task. */
export const taskType = z.enum(taskTypes)

/** A kind of task. */
export type TaskType = (typeof taskTypes)[number]
