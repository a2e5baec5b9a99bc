/** Sets the limits of the page's map of the mesh. */

/** Bounds of the map, each with its unit. */
export const meshLimits = {
  /** Milliseconds that a task, or its answer, takes from one machine to another on the map. */
  mesh_trip_ms: 1_200,
  /** The most tasks that move at a time; of more, the oldest disappear. */
  mesh_trips_max: 2_000,
  /** The age in milliseconds from which an event of the stream moves nothing: it was kept for a page that opens later. */
  mesh_event_old_ms: 10_000,
  /** The most steps of tasks that stand below the map. */
  mesh_steps_max: 8,
  /** Least milliseconds between two updates of the figures beside the map. */
  mesh_figures_ms: 250,
  /** Milliseconds of a frame that the layout may take while it settles. */
  mesh_settle_ms: 5,
  /** The most models, tasks and refusals that a machine's card shows at first. */
  mesh_card_rows_max: 8,
} as const
