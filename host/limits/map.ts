/** Sets the limits of the page's map of the mesh. */

/** Bounds of the map, each with its unit. */
export const mapLimits = {
  /** Milliseconds that a task, or its answer, takes from one machine to another on the map. */
  map_trip_ms: 1_200,
  /** The most tasks that move at a time; of more, the oldest disappear. */
  map_trips_max: 2_000,
  /** The age in milliseconds from which an event of the stream moves nothing: it was kept for a page that opens later. */
  map_event_old_ms: 10_000,
  /** The most steps of tasks that stand below the map. */
  map_steps_max: 8,
  /** Least milliseconds between two updates of the figures beside the map. */
  map_figures_ms: 250,
  /** Milliseconds of a frame that the layout may take while it settles. */
  map_settle_ms: 5,
  /** The most models, tasks and refusals that a machine's card shows at first. */
  map_card_rows_max: 8,
} as const
