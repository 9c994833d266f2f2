// A test with a daemon of its own, over mutual TLS. It needs dockerd, and root.
//
//   node --test uses-a-daemon.test.mjs
//
// With Jest and Vitest: useDockerd({ beforeAll, afterAll }).
import assert from 'node:assert/strict';
import { Agent, get } from 'node:https';
import { text } from 'node:stream/consumers';
import { after, before, test } from 'node:test';
import { useDockerd } from 'docker-tls-openssl/testing';

const dockerd = useDockerd({ before, after });

test('the daemon answers a client with a certificate', async () => {
  const { options } = dockerd();
  const agent = new Agent(options);
  const answer = await new Promise((resolve, reject) => {
    get(`${options.url}/_ping`, { agent }, (message) => resolve(text(message))).on('error', reject);
  });
  assert.equal(answer, 'OK');
});

test('and nobody else', async () => {
  const { options } = dockerd();
  const agent = new Agent({ ca: options.ca });
  await assert.rejects(
    new Promise((resolve, reject) => {
      get(`${options.url}/_ping`, { agent }, resolve).on('error', reject);
    }),
  );
});
