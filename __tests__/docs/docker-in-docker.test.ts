import { expect, test } from '@jest/globals';
import { readFile } from 'node:fs/promises';
import { parse } from 'yaml';
import { dindNames } from '../../lib/set/layout.js';

const page = await readFile(new URL('../../docs/docker-in-docker.md', import.meta.url), 'utf8');
const blocks = [...page.matchAll(/^```yaml\n([^]*?)^```/gm)].map(([, text = '']) => text);

/** Where the page mounts the directories of the files. */
const mounted = [...page.matchAll(/\/srv\/dind\/(\w+):\/certs\/(\w+):ro/g)];

test('each directory of the files is mounted under its own name, read-only', () => {
  const folders = new Set(
    Object.values(dindNames).flatMap((names) => names.map(([, path]) => path.split('/')[0])),
  );
  expect(new Set(mounted.map(([, from]) => from))).toEqual(folders);
  for (const [, from, to] of mounted) expect(to).toBe(from);
});

test('the jobs of GitLab and GitHub say where the files are', () => {
  const client = {
    DOCKER_HOST: 'tcp://docker:2376',
    DOCKER_TLS_VERIFY: '1',
    DOCKER_CERT_PATH: '/certs/client',
  };
  expect(blocks.map((text) => parse(text) as unknown)).toMatchObject([
    { build: { services: ['docker:dind'], variables: { ...client, DOCKER_TLS_CERTDIR: '/certs' } } },
    {
      jobs: {
        build: {
          env: client,
          services: { docker: { image: 'docker:dind', env: { DOCKER_TLS_CERTDIR: '/certs' } } },
        },
      },
    },
  ]);
});
