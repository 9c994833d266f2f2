import { expect } from '@jest/globals';
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { BootedHost } from '../support/booted-host.js';
import { cacheDirectory } from '../support/cache.js';

const fetch = fileURLToPath(new URL('../../.ci/podman', import.meta.url));
const files = 'find /etc -type f | sort | xargs sha256sum; find /etc -type d -o -type l | sort';
const isActive =
  'systemctl is-active podman-tls.service || true; systemctl is-enabled podman-tls.service 2> /dev/null || true';

/** A Podman that `.ci/podman` brings, as a machine's own. */
const prepare = (podman: string): string => `
cat > /usr/local/bin/podman << 'END'
#!/bin/sh
export CONTAINERS_CONF=${podman}/containers.conf
exec ${podman}/bin/podman --storage-driver=vfs "$@"
END
chmod 0755 /usr/local/bin/podman`;

/**
 * Serves the API of a suite's Podman over TLS on a booted machine that has a set in /root/tls, renews it, breaks it, and takes it
 * back. `major`: its version.
 */
export async function podmanLife(
  { host, program }: BootedHost,
  suite: 'sid' | 'experimental',
  major: number,
): Promise<void> {
  const { sh } = host();
  execFileSync(fetch, [suite], { stdio: 'pipe' });
  const cache = join(cacheDirectory(), suite === 'sid' ? 'podman' : `podman-${suite}`);
  await sh(prepare(cache));
  const [version, flags] = ['/usr/local/bin/podman', ['--dir', '/root/tls'] as const];
  expect(await sh(`${version} --version`)).toContain(`podman version ${major}`);
  const before = await sh(files);
  const install = ['install', 'daemon', '--for', 'podman', ...flags, '--listen', '127.0.0.1:2377'];
  const connect = () => program('connect', '127.0.0.1:2377', ...flags);

  expect(await program(...install)).toMatchObject({ code: 0 });
  expect(await sh(files)).toBe(before);
  expect(await program(...install, '--apply', '--restart')).toMatchObject({
    code: 0,
    stdout: expect.stringContaining('podman-tls.service was restarted.') as unknown,
  });
  expect(await sh(isActive)).toBe('active\nenabled\n');
  expect(await connect()).toMatchObject({
    code: 0,
    stdout: expect.stringContaining(`Podman ${major}`) as unknown,
  });

  // Its own command line as a client, which takes no flags for storage.
  const remote = join(cache, 'bin/podman');
  const tls = ['ca', 'cert', 'key'].map((name) => `--tls-${name}=/root/tls/${name}.pem`).join(' ');
  await sh(`${remote} system connection add mine ${tls} tcp://127.0.0.1:2377`);
  expect(await sh(`${remote} --connection=mine version`)).toMatch(/Server:[^]*Version: +\d/);

  // What is served is looked at, and a renewal brings it up to date.
  const renew = ['renew', 'server', ...flags, '--install', '--to', '/etc/podman/tls'];
  expect(await program(...renew)).toMatchObject({ code: 0 });
  expect(await connect()).toMatchObject({
    code: 0,
    stdout: expect.stringContaining('checks passed') as unknown,
  });

  // A port that is taken: Podman's own words, and what was there is served again.
  const taken = ['install', 'daemon', '--for', 'podman', ...flags, '--listen', '127.0.0.1:2378'];
  await sh("systemd-run --unit=taken node -e \"require('net').createServer().listen(2378, '127.0.0.1')\"");
  await sh(
    "until node -e \"require('net').connect(2378, '127.0.0.1').on('connect', () => process.exit(0))\"; do sleep 0.1; done",
  );
  expect(await program(...taken, '--apply', '--restart')).toMatchObject({
    code: 1,
    stderr: expect.stringMatching(
      /podman says: .*address already in use; everything was put back/,
    ) as unknown,
  });
  expect(await connect()).toMatchObject({ code: 0 });

  const undo = ['uninstall', 'daemon', '--for', 'podman', '--apply', '--restart'];
  expect(await program(...undo)).toMatchObject({
    code: 0,
    stdout: expect.stringContaining('podman-tls.service was stopped.') as unknown,
  });
  expect(await sh(isActive)).toBe('inactive\n');
  expect(await sh(files)).toBe(before);

  // From the start: nothing of it is left, and nothing runs.
  expect(await program(...taken, '--apply', '--restart')).toMatchObject({
    code: 1,
    stderr: expect.stringMatching(/everything was put back, and podman-tls\.service was stopped/) as unknown,
  });
  expect(await sh(isActive)).toBe('inactive\n');
  expect(await sh(files)).toBe(before);
  await sh('systemctl stop taken; rm /usr/local/bin/podman');
}
