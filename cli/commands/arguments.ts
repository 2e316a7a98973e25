import { InvalidArgumentError } from 'commander';

/** A parser of a whole number within bounds, for commander's options. */
export function wholeNumber(least: number, most: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (!/^\d+$/.test(text) || value < least || value > most) {
      throw new InvalidArgumentError(`It takes a whole number from ${least} to ${most}.`);
    }
    return value;
  };
}

/** A parser of a number within bounds, for commander's options. */
export function boundedNumber(least: number, most: number, orElse = ''): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (text.trim() === '' || !(value >= least && value <= most)) {
      throw new InvalidArgumentError(`It takes a number from ${least} to ${most}${orElse}.`);
    }
    return value;
  };
}
