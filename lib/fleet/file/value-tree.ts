import type { FileNode } from './file-node.js';

/** No fleet file is deeper. */
export const MOST_DEPTH = 20;
/** Nor has any more values: 100,000 hosts with 30 each. */
const MOST_VALUES = 3_000_000;

/** The tree of a value of the library; what is undefined is left out. Undefined for one with too many values, or with itself in it. */
export function valueTree(value: unknown): FileNode | undefined {
  let left = MOST_VALUES;
  const tree = (its: unknown, depth: number): FileNode => {
    const at = undefined;
    left -= 1;
    if (typeof its !== 'object' || its === null) return { kind: 'scalar', at, value: its };
    if (depth > MOST_DEPTH || left < 0 || (Array.isArray(its) && its.length > left)) {
      left = -1;
      return { kind: 'scalar', at, value: null };
    }
    if (Array.isArray(its))
      return { kind: 'list', at, items: Array.from<unknown>(its).map((item) => tree(item, depth + 1)) };
    const entries = Object.entries(its).filter(([, each]) => each !== undefined);
    return {
      kind: 'map',
      at,
      entries: entries.map(([key, each]) => ({ key, at, value: tree(each, depth + 1) })),
    };
  };
  const made = tree(value, 0);
  return left < 0 ? undefined : made;
}
