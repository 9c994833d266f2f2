import { expect, test } from '@jest/globals';
import { mkdir, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { command } from '../support/program.js';
import { useTemporaryDirectory } from '../support/temporary-directory.js';

const temporary = useTemporaryDirectory();
const root = fileURLToPath(new URL('../..', import.meta.url));

const file = `import { afterAll, beforeAll, expect, test } from 'vitest';
import { useDockerd } from 'docker-tls-openssl/testing';
import { Agent, get } from 'node:https';

const dockerd = useDockerd({ beforeAll, afterAll });

test('it answers', async () => {
  const { options } = dockerd();
  const status = await new Promise((resolve, reject) => {
    get(\`\${options.url}/_ping\`, { agent: new Agent(options) }, ({ statusCode }) => resolve(statusCode)).on('error', reject);
  });
  expect(status).toBe(200);
});
`;

test('Vitest takes the hooks of useDockerd', async () => {
  const work = temporary();
  await mkdir(work, { recursive: true });
  await writeFile(join(work, 'package.json'), '{ "type": "module" }\n');
  await writeFile(join(work, 'daemon.test.mjs'), file);
  const env = {
    HOME: work,
    npm_config_cache: join(work, '.npm'),
    npm_config_userconfig: process.env['npm_config_userconfig'] ?? '',
  };
  const installed = await command(work, 'npm', ['install', '--no-audit', '--no-fund', 'vitest@3'], { env });
  expect(installed).toMatchObject({ code: 0 });
  await symlink(root, join(work, 'node_modules/docker-tls-openssl'));
  const ran = await command(work, 'npx', ['vitest', 'run'], { env });
  expect(ran).toMatchObject({ code: 0, stdout: expect.stringMatching(/Tests +1 passed/) as unknown });
}, 300_000);
