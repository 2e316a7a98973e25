/**
 * Fewer bad events than this raise no alert: in a short window, or at night, a single one is a large share of
 * the few that there are.
 */
export const eventsMin = 3;

/** The count of a window is extrapolated to its edges, so that three are a little more than 3, and two still less than this. */
export const eventsAbove = eventsMin - 0.5;
