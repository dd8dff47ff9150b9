/** How far apart the clocks of two nodes may be, in ms. */
export const MAX_CLOCK_DIFFERENCE_MS = 1000
