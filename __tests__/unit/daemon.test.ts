import { describe, expect, test } from '@jest/globals';
import { daemonConfiguration } from '../../lib/index.js';
import { daemonFormats, daemonText } from '../../lib/internal.js';

const files = (directory: string) => ({
  ca: `${directory}/ca.pem`,
  certificate: `${directory}/server-cert.pem`,
  key: `${directory}/server-key.pem`,
});
const tls = files('/etc/docker/tls');
const pair = '--tlscert=/etc/docker/tls/server-cert.pem --tlskey=/etc/docker/tls/server-key.pem';
const sockets = '-H unix:///var/run/docker.sock -H tcp://0.0.0.0:2376';
const authenticating = `--tlsverify --tlscacert=/etc/docker/tls/ca.pem ${pair} ${sockets}`;
const open = `--tls --tlsverify=false ${pair} ${sockets}`;
const texts = ({ mode, ...options }: Parameters<typeof daemonConfiguration>[0]) =>
  Object.fromEntries(
    daemonFormats.map((format) => [format, daemonText(daemonConfiguration({ mode, ...options }), format)]),
  );

describe('a daemon that', () => {
  test('authenticates clients', () => {
    const { json, ...others } = texts(tls);
    expect(others).toEqual({
      command: `dockerd ${authenticating}\n`,
      systemd: `[Service]\nExecStart=\nExecStart=/usr/bin/dockerd ${authenticating}\n`,
      sysconfig: `OPTIONS="${authenticating}"\n`,
    });
    expect(JSON.parse(json!)).toEqual({
      tlsverify: true,
      tlscacert: '/etc/docker/tls/ca.pem',
      tlscert: '/etc/docker/tls/server-cert.pem',
      tlskey: '/etc/docker/tls/server-key.pem',
      hosts: ['unix:///var/run/docker.sock', 'tcp://0.0.0.0:2376'],
    });
    expect(daemonConfiguration(tls).warning).toBeUndefined();
  });

  test('does not, says so in so many words, and is warned of', () => {
    const { json, ...others } = texts({ ...tls, mode: 'tls', dockerd: '/usr/sbin/dockerd' });
    expect(others).toEqual({
      command: `dockerd ${open}\n`,
      systemd: `[Service]\nExecStart=\nExecStart=/usr/sbin/dockerd ${open}\n`,
      sysconfig: `OPTIONS="${open}"\n`,
    });
    expect(JSON.parse(json!)).toEqual({
      tls: true,
      tlsverify: false,
      tlscert: '/etc/docker/tls/server-cert.pem',
      tlskey: '/etc/docker/tls/server-key.pem',
      hosts: ['unix:///var/run/docker.sock', 'tcp://0.0.0.0:2376'],
    });
    expect(daemonConfiguration({ ...tls, mode: 'tls' }).warning).toMatch(/clients are not authenticated/);
  });
});

describe('a path with', () => {
  const text = (path: string, format: (typeof daemonFormats)[number]): string =>
    daemonText(daemonConfiguration(files(path)), format);

  test('a blank is quoted for a shell, and is itself in JSON', () => {
    expect(text('/my tls', 'command')).toContain(` '--tlscacert=/my tls/ca.pem' `);
    expect(JSON.parse(text('/my tls', 'json'))).toMatchObject({ tlscacert: '/my tls/ca.pem' });
  });

  test.each([
    [' ', ' '],
    ['\t', '\\x09'],
    ['\n', '\\x0a'],
    ['"', '\\"'],
    ["'", "'"],
    ['\\', '\\\\'],
  ])('%j is quoted in a unit', (character, written) => {
    expect(text(`/a${character}b`, 'systemd')).toContain(` "--tlscacert=/a${written}b/ca.pem" `);
  });

  test('a percent sign or a dollar stands for itself in a unit', () => {
    expect(text('/a%b$c', 'systemd')).toContain('--tlscacert=/a%%b$$c/ca.pem ');
  });

  test('the program of a unit is quoted', () => {
    const configuration = daemonConfiguration({ ...tls, dockerd: '/opt/my $docker%/dockerd' });
    expect(daemonText(configuration, 'systemd')).toContain(
      'ExecStart="/opt/my $docker%%/dockerd" --tlsverify ',
    );
  });

  test('a relative path of dockerd cannot stand in a unit', () => {
    const configuration = daemonConfiguration({ ...tls, dockerd: 'dockerd' });
    expect(() => daemonText(configuration, 'systemd')).toThrow(
      expect.objectContaining({ option: 'dockerd' }),
    );
    expect(daemonText(configuration, 'command')).toMatch(/^dockerd /);
  });

  test.each([' ', '\t', '\n', '"', "'", '\\', '$', '`', '*', '?', '['])(
    '%j cannot be written in OPTIONS',
    (character) => {
      expect(() => text(`/a${character}b`, 'sysconfig')).toThrow(/cannot be written in OPTIONS/);
    },
  );
});
