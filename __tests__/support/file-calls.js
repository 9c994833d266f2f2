import fs from 'node:fs';
import promises from 'node:fs/promises';
import { syncBuiltinESMExports } from 'node:module';

const changing = [
  ...['rename', 'link', 'unlink', 'symlink', 'rm', 'rmdir', 'mkdir', 'mkdtemp', 'writeFile', 'appendFile'],
  ...['copyFile', 'cp', 'chmod', 'chown', 'utimes', 'truncate'],
];
const reading = ['access', 'lstat', 'stat', 'readdir', 'readFile', 'readlink', 'realpath'];
/** Those of an open file. */
const handled = {
  changing: ['chmod', 'chown', 'sync', 'datasync', 'writeFile', 'appendFile', 'write', 'truncate', 'utimes'],
  reading: ['stat', 'read', 'readFile'],
};

/**
 * Tells `listener` of each call to the file system before it is done: its name, its path, and whether it changes
 * anything. An error that the listener gives is what the call fails with. Beside the program's own calls these are those
 * of the packages in it, which have their own ways to the file system, and those that `rm` is made of.
 */
export async function onFileCalls(listener) {
  let busy = false;
  const ask = (name, path, changes) => {
    if (busy) return undefined; // the listener's own
    busy = true;
    try {
      return listener(name, path, changes);
    } finally {
      busy = false;
    }
  };

  const some = await promises.open('/dev/null');
  const file = Object.getPrototypeOf(some);
  await some.close();

  for (const name of [...changing, ...reading, 'open']) {
    const changes = (flags) => (name === 'open' ? opensToWrite(flags) : changing.includes(name));
    const { [name]: promised } = promises;
    promises[name] = (...args) => {
      // The modules of the program are read in this way, too.
      const error = args[0] instanceof URL ? undefined : ask(name, args[0], changes(args[1]));
      return error ? Promise.reject(error) : promised(...args);
    };
    const { [name]: called, [`${name}Sync`]: synchronous } = fs;
    fs[name] = Object.assign((...args) => {
      const done = args.at(-1);
      const error = ask(name, args[0], changes(args[1]));
      if (!error) return called(...args);
      process.nextTick(done, error);
    }, called); // realpath has a native one
    if (changing.includes(name) && synchronous !== undefined) {
      fs[`${name}Sync`] = (...args) => {
        const error = ask(name, args[0], true);
        if (error) throw error;
        return synchronous(...args);
      };
    }
  }

  for (const name of [...handled.changing, ...handled.reading]) {
    const { [name]: real } = file;
    file[name] = function (...args) {
      const error = ask(`handle.${name}`, '', handled.changing.includes(name));
      return error ? Promise.reject(error) : real.apply(this, args);
    };
  }
  syncBuiltinESMExports();
}

/** Tells of each call by its name whether it is the one that `which` names: `12`, or `rename:2`. */
export function counter(which = '') {
  const [number, name] = which.split(':').reverse();
  let calls = 0;
  return (called) => (name === undefined || called === name) && ++calls === Number(number);
}

function opensToWrite(flags = 'r') {
  const { O_RDWR, O_WRONLY } = fs.constants;
  return typeof flags === 'number' ? (flags & (O_RDWR | O_WRONLY)) !== 0 : flags !== 'r';
}
