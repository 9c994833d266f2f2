// How long it takes to find the order of a plan of 1,000 clients: which steps each one waits for.
import { dependencies } from '../dist/lib/plan/schedule.js';
import { parseDays, parseKeyType, parseSerial, parseSubject, recommended } from '../dist/lib/index.js';

/** About 8,000 steps. */
export function largePlan() {
  const [key, days, serial] = [parseKeyType('ec:p256'), parseDays(30, 'days'), parseSerial('2A')];
  const keyRef = { kind: 'file', path: 'ca-key.pem' };
  const subject = parseSubject('/CN=someone');
  const leaves = Array.from({ length: 1000 }, (_, index) => ({
    ...{ role: 'client', name: `client-${index}`, subject, key, days, serial, altNames: [] },
  }));
  const templates = { 'ca.cnf': '', 'server.cnf': '', 'client.cnf': '' };
  return recommended({ ca: { subject, key, keyRef, days, serial }, leaves, templates });
}

/** Milliseconds. */
export function schedule({ steps }) {
  const began = performance.now();
  dependencies(steps);
  return performance.now() - began;
}
