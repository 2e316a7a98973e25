/** Rounds off the tail that a difference of decimal fractions has in binary, so that 1 - 0.999 is 0.001. */
export const rounded = (value: number): number => Number(value.toPrecision(6));
