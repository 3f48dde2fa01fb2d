/** Where a member is found that tools between the vendor and the lake print under other names. */
import type { Path } from '../../table';

/** By the vendor's name, in lower case as some tools print all names, or by other names it is known to have. */
export function member(name: string, ...others: readonly string[]): { readonly from: readonly Path[] } {
  return { from: [name, name.toLowerCase(), ...others].filter((one, index, all) => all.indexOf(one) === index).map((one) => [one]) };
}
