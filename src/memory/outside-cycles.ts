/** The number that stands for "outside cycles": tasks of people and agents who run no plan. */
export const OUTSIDE_CYCLES = 0;
