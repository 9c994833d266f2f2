import type { FileNode } from './file-node.js';

/** No fleet file is deeper. */
export const MOST_DEPTH = 20;

/** The tree of a value of the library; what is undefined is left out. A value that contains itself ends at the greatest depth. */
export function valueTree(value: unknown, depth = 0): FileNode {
  const at = undefined;
  if (typeof value !== 'object' || value === null || depth > MOST_DEPTH) return { kind: 'scalar', at, value };
  if (Array.isArray(value))
    return { kind: 'list', at, items: Array.from<unknown>(value).map((item) => valueTree(item, depth + 1)) };
  const entries = Object.entries(value).filter(([, its]) => its !== undefined);
  return {
    kind: 'map',
    at,
    entries: entries.map(([key, its]) => ({ key, at, value: valueTree(its, depth + 1) })),
  };
}
