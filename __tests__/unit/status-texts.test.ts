import { describe, expect, test } from '@jest/globals';
import { nagiosLine, nagiosState, nagiosText, prometheusText, statusWarnings } from '../../lib/internal.js';
import type { CertificateStatus, Status } from '../../lib/index.js';

const now = new Date('2026-11-22T12:00:00Z');

function one(changes: Partial<CertificateStatus>): CertificateStatus {
  return {
    directory: '/srv/tls',
    path: 'cert.pem',
    index: 0,
    alsoIn: [],
    state: 'ok',
    role: 'client',
    commonName: 'alice',
    serial: '01AB',
    notBefore: new Date('2026-01-01T00:00:00Z'),
    notAfter: new Date('2027-01-01T00:00:00Z'),
    daysLeft: 39,
    lifeGone: 0.9,
    ...changes,
  };
}

function found(
  state: Status['state'],
  certificates: readonly CertificateStatus[],
  broken: Status['broken'] = [],
  within: Status['within'] = { days: 30 },
): Status {
  const count = (wanted: string): number => certificates.filter((each) => each.state === wanted).length;
  const counts = {
    ok: count('ok'),
    due: count('due'),
    'not-yet-valid': count('not-yet-valid'),
    expired: count('expired'),
    broken: broken.length,
  };
  return { now, within, state, counts, certificates, broken };
}

const due = one({
  state: 'due',
  path: 'server-cert.pem',
  daysLeft: 9,
  notAfter: new Date('2026-12-02T00:00:00Z'),
});
const expired = one({
  state: 'expired',
  path: 'old.pem',
  daysLeft: -3,
  notAfter: new Date('2026-11-19T00:00:00Z'),
});
const later = one({ state: 'not-yet-valid', path: 'new.pem', notBefore: new Date('2026-12-24T00:00:00Z') });
const broken = { directory: '/srv/tls', path: 'ca.pem', why: 'it is empty' };

describe('the line of a plugin', () => {
  test('says that all is well, and the first end', () => {
    const status = found('ok', [one({}), one({ path: 'other.pem', daysLeft: 300 })]);
    expect(nagiosState(status)).toBe('OK');
    expect(nagiosText(status)).toBe(
      'DOCKER TLS OK - 2 ok: /srv/tls/cert.pem 39 days left, until 2027-01-01 | certificates=2 due=0 not_yet_valid=0 expired=0 broken=0 days_left=39;30:;0:',
    );
  });

  test('warns of what is due', () => {
    const status = found('due', [due, one({})], [], { percent: 33 });
    expect(nagiosState(status)).toBe('WARNING');
    expect(nagiosText(status)).toBe(
      'DOCKER TLS WARNING - 1 due: /srv/tls/server-cert.pem 9 days left, until 2026-12-02 | certificates=2 due=1 not_yet_valid=0 expired=0 broken=0 days_left=9;;0:',
    );
  });

  test('says the worst first, and no more than three', () => {
    const status = found('broken', [expired, due, later], [broken]);
    expect(nagiosState(status)).toBe('CRITICAL');
    expect(nagiosText(status)).toBe(
      'DOCKER TLS CRITICAL - 1 broken, 1 expired, 1 not yet valid, 1 due: /srv/tls/ca.pem is broken: it is empty; /srv/tls/old.pem expired 3 days ago, on 2026-11-19; /srv/tls/new.pem not valid before 2026-12-24 00:00:00 UTC; 1 more | certificates=3 due=1 not_yet_valid=1 expired=1 broken=1 days_left=-3;30:;0:',
    );
  });

  test.each(['expired', 'not-yet-valid', 'broken'] as const)('is critical where one is %s', (state) => {
    expect(nagiosState({ state })).toBe('CRITICAL');
  });

  test('is one line, with one bar, whatever a file is called', () => {
    const text = nagiosText(found('due', [one({ state: 'due', path: 'a\nb|c\x1b[2J.pem' })]));
    expect(text.split('\n')).toHaveLength(1);
    expect(text.split('|')).toHaveLength(2);
    expect(text).toContain('/srv/tls/a\\u000ab\\u007cc\\u001b[2J.pem');
    expect(nagiosLine('UNKNOWN', 'x\ny')).toBe('DOCKER TLS UNKNOWN - x\\u000ay');
  });
});

describe('metrics', () => {
  test('are in the text exposition format', () => {
    expect(prometheusText(found('broken', [due], [broken]))).toBe(
      `# HELP docker_tls_certificate_not_after_timestamp_seconds When the certificate ends, in seconds since 1970.
# TYPE docker_tls_certificate_not_after_timestamp_seconds gauge
docker_tls_certificate_not_after_timestamp_seconds{directory="/srv/tls",path="server-cert.pem",role="client",common_name="alice",serial="01AB"} 1796169600
# HELP docker_tls_certificate_not_before_timestamp_seconds When the certificate begins, in seconds since 1970.
# TYPE docker_tls_certificate_not_before_timestamp_seconds gauge
docker_tls_certificate_not_before_timestamp_seconds{directory="/srv/tls",path="server-cert.pem",role="client",common_name="alice",serial="01AB"} 1767225600
# HELP docker_tls_certificate_due Whether it is time to renew the certificate, by \`within\` of the last look; 1 also after its end.
# TYPE docker_tls_certificate_due gauge
docker_tls_certificate_due{directory="/srv/tls",path="server-cert.pem",role="client",common_name="alice",serial="01AB"} 1
# HELP docker_tls_certificate_broken Whether a file that should hold a certificate cannot be read.
# TYPE docker_tls_certificate_broken gauge
docker_tls_certificate_broken{directory="/srv/tls",path="server-cert.pem"} 0
docker_tls_certificate_broken{directory="/srv/tls",path="ca.pem"} 1
`,
    );
  });

  test.each([
    ['ok', 0],
    ['due', 1],
    ['not-yet-valid', 0],
    ['expired', 1],
  ] as const)('say of %s that due is %i', (state, value) => {
    const line = /^docker_tls_certificate_due\{.*$/m.exec(
      prometheusText(found(state, [one({ state })])),
    )?.[0];
    expect(line?.split(' ').at(-1)).toBe(String(value));
  });

  test.each([
    ['say "hi"', 'say \\"hi\\"'],
    ['back\\slash', 'back\\\\slash'],
    ['two\nlines', 'two\\nlines'],
    ['\\n', '\\\\n'],
    ['\x1b[2J', '\\\\u001b[2J'],
    ['tab\there', 'tab\\\\u0009here'],
    ['\u202Egnp', '\\\\u202egnp'],
    ['a\u2028b', 'a\\\\u2028b'],
    ['} 1\n# x', '} 1\\n# x'],
    ['日本', '日本'],
  ])('escape the label %j', (commonName, escaped) => {
    const text = prometheusText(found('ok', [one({ commonName })]));
    expect(text).toContain(`common_name="${escaped}",serial`);
    expect(text.trimEnd().split('\n')).toHaveLength(12);
  });

  test('give every certificate of a file a series of its own', () => {
    const text = prometheusText(found('ok', [one({}), one({ index: 1 })]));
    const series = text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
    const names = series.map((line) => line.slice(0, line.lastIndexOf(' ')));
    expect(new Set(names).size).toBe(names.length);
    expect(names).toContainEqual(expect.stringContaining('path="cert.pem#2"'));
  });

  test('leave out what has no samples', () => {
    expect(prometheusText(found('broken', [], [broken]))).not.toContain('due');
  });
});

test('warnings name all that is not well, the worst first', () => {
  expect(statusWarnings(found('broken', [expired, due, one({}), later], [broken]))).toEqual([
    { state: 'broken', directory: '/srv/tls', path: 'ca.pem', text: 'it is empty' },
    { state: 'expired', directory: '/srv/tls', path: 'old.pem', text: 'expired 3 days ago, on 2026-11-19' },
    {
      state: 'not-yet-valid',
      directory: '/srv/tls',
      path: 'new.pem',
      text: 'not valid before 2026-12-24 00:00:00 UTC',
    },
    {
      state: 'due',
      directory: '/srv/tls',
      path: 'server-cert.pem',
      text: '9 days left, until 2026-12-02',
    },
  ]);
});
