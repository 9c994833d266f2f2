import { existsSync, readFileSync } from 'node:fs';

/** A Jest transformer that leaves the bundle of lib/ as it is, and gives its map, so that a stack names files of lib/. */
export default {
  process(code, path) {
    const map = `${path}.map`;
    return existsSync(map) ? { code, map: readFileSync(map, 'utf8') } : { code };
  },
};
