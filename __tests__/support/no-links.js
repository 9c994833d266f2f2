// Loaded before the program (node --import): the file system has no hard links, as FAT has none.
import fs from 'node:fs/promises';
import { syncBuiltinESMExports } from 'node:module';

fs.link = (from, to) => {
  const error = new Error(`EPERM: operation not permitted, link '${from}' -> '${to}'`);
  return Promise.reject(Object.assign(error, { code: 'EPERM', syscall: 'link' }));
};
syncBuiltinESMExports();
