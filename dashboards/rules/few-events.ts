/** What happens once or twice is no trend: in a short window, or at night, a single bad event is a large share of few. */
export const eventsMin = 3;

/** The count of a window is extrapolated to its edges, so that three are a little more than 3, and two still less than this. */
export const eventsAbove = eventsMin - 0.5;
