/** Below the folder into which Varnish was unpacked: headers of C that its configurations ask for and that no package of it brings. */
export const headersFolder = 'usr/include/darkroom';

/** By their names. Types of fixed width are the same on all machines of 64 bits that Varnish is packed for. */
export const headersOfVarnish: Readonly<Record<string, string>> = {
  'stdint.h': [
    ...[8, 16, 32, 64].map((bits, index) => {
      const type = ['char', 'short', 'int', 'long'][index];
      return `typedef signed ${type} int${bits}_t; typedef unsigned ${type} uint${bits}_t;`;
    }),
    'typedef long intptr_t; typedef unsigned long uintptr_t;',
    'typedef long intmax_t; typedef unsigned long uintmax_t;',
    '',
  ].join('\n'),
};
