// What `fleet status` takes for 10,000 hosts on disk, and for 200 hosts that are connected to: stand-in TLS servers on loopback, in
// a process of their own. Called by bench/fleet.js; `node bench/fleet-status.js` prints these rows alone.
import { spawn, spawnSync } from 'node:child_process';
import { X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createServer } from 'node:tls';
import { cli, home, measure, median } from './race.js';

const [MANY, LIVE] = [10_000, 200];
const NAME = 'h00000';

function numbered(number) {
  return `h${String(number).padStart(5, '0')}`;
}

/**
 * A certificate directory with so many hosts, h00001 and so on. Their certificates are copies of one, each with its own names and
 * serial number: nobody who only reads them, or serves them, verifies the signature.
 */
export function makeFleet(directory, count) {
  const all = ['all', `${NAME}.example.com`, '--key', 'ec:p256', '--no-passphrase', '--dir', directory];
  const { status, stderr } = spawnSync(cli(...all)[0], cli(...all, '--quiet').slice(1), { encoding: 'utf8' });
  if (status !== 0) throw new Error(stderr);
  const { raw, serialNumber } = new X509Certificate(readFileSync(join(directory, 'server-cert.pem')));
  const serial = Buffer.from(serialNumber, 'hex');
  const at = raw.indexOf(serial) + serial.length - 4;
  for (let number = 1; number <= count; number++) {
    const der = Buffer.from(raw.toString('latin1').replaceAll(NAME, numbered(number)), 'latin1');
    der.writeUInt32BE(number, at);
    const folder = join(directory, 'servers', numbered(number));
    mkdirSync(folder, { recursive: true });
    const lines = der.toString('base64').replace(/.{64}(?=.)/g, '$&\n');
    writeFileSync(
      join(folder, 'server-cert.pem'),
      `-----BEGIN CERTIFICATE-----\n${lines}\n-----END CERTIFICATE-----\n`,
    );
  }
}

/** 10,000 hosts on disk. `home`: where the fleet is made. */
export function statusOnDisk(rounds, folder = join(home, 'fleet-on-disk')) {
  makeFleet(join(folder, 'ca'), MANY);
  const file = join(folder, 'docker-tls.yaml');
  writeFileSync(file, `hosts:\n  "h[00001:${MANY}]": { names: ["h[00001:${MANY}].example.com"] }\n`);
  return rowOf(`fleet status --offline, ${MANY} on disk`, rounds, 2000, ['--offline', '--file', file]);
}

/** 200 hosts that are connected to. */
export async function statusOfLive(rounds, folder = join(home, 'fleet-live')) {
  const directory = join(folder, 'ca');
  makeFleet(directory, LIVE);
  const servers = spawn(process.execPath, [fileURLToPath(import.meta.url), 'serve', directory], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  try {
    const [ports] = await once(servers.stdout.setEncoding('utf8'), 'data');
    const hosts = JSON.parse(ports).map((port, at) => {
      const name = numbered(at + 1);
      return [name, { names: [`${name}.example.com`], address: 'localhost', port }];
    });
    const file = join(folder, 'docker-tls.json');
    writeFileSync(file, JSON.stringify({ hosts: Object.fromEntries(hosts) }));
    return rowOf(`fleet status, ${LIVE} live TLS servers`, rounds, 5000, ['--file', file]);
  } finally {
    servers.kill();
  }
}

function rowOf(what, rounds, goal, args) {
  const command = cli('fleet', 'status', ...args);
  measure(command); // warm-up
  const runs = Array.from({ length: rounds }, () => measure(command));
  const ms = median(runs.map((run) => run.ms));
  const cpuMs = median(runs.map((run) => run.cpuMs));
  return { what, ms, cpuMs, goal, reached: ms <= goal };
}

/** The stand-ins: each with its own certificate, and as strict about clients as a daemon with --tlsverify. */
async function serve(directory) {
  rmSync(home, { recursive: true }); // the parent has its own
  const [ca, key] = ['ca.pem', 'server-key.pem'].map((file) => readFileSync(join(directory, file)));
  const ports = await Promise.all(
    Array.from({ length: LIVE }, async (_, at) => {
      const cert = readFileSync(join(directory, 'servers', numbered(at + 1), 'server-cert.pem'));
      const server = createServer({ ca, key, cert, requestCert: true, rejectUnauthorized: true });
      server.on('tlsClientError', () => undefined);
      server.listen(0, '127.0.0.1');
      await once(server, 'listening');
      return server.address().port;
    }),
  );
  process.stdout.write(JSON.stringify(ports));
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [, , word, directory] = process.argv;
  if (word === 'serve') await serve(directory);
  else {
    try {
      const rounds = Number(word ?? 5);
      const rows = [statusOnDisk(rounds), await statusOfLive(rounds)];
      console.table(
        rows.map(({ ms, cpuMs, ...row }) => ({ ...row, ms: Math.round(ms), cpuMs: Math.round(cpuMs) })),
      );
    } finally {
      rmSync(home, { recursive: true, force: true });
    }
  }
}
